/** Log: what our code needs of a logger. pino fits; so does an array in a test. Tokens never go in. */

type Write = (fields: Record<string, unknown>, message: string) => void;

export type Log = {
  debug: Write;
  info: Write;
  warn: Write;
  error: Write;
};

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
