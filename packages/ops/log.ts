/**
 * Log: one JSON line per record, on stdout, through pino.
 * In:  fields and a message (packages/kit/log.ts).   Out: {"level","time","name","msg",…} with secrets taken out.
 * Law: a write neither blocks nor throws. What a full disk or a slow reader leaves over beyond the buffer's cap is
 *      dropped and counted; the next record that gets through says how many were.
 * Not here: what is secret (redaction.ts).
 */

import { pino } from "pino";
import type { Log } from "#kit/log.ts";
import { oneOf } from "./env.ts";
import { LOG_BUFFER_BYTES_MAX, LOG_FLUSH_MS_MAX } from "./limits.ts";
import { redactFields, redactText } from "./redaction.ts";

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The one setting of logs, for every service's table. */
export const LOG_SETTINGS = {
  LOG_LEVEL: oneOf(LOG_LEVELS, { default: "info", about: "Least severe log records that are written" }),
} as const;

export type Logger = Log & {
  /** As info, but whatever the level: what other programs wait for, such as the line that says ready. */
  announce(fields: Record<string, unknown>, message: string): void;
  /** A log whose records all carry these fields. */
  with(fields: Record<string, unknown>): Logger;
  /** Resolves when what was logged is written, or after a second; before the process exits. */
  flush(): Promise<void>;
};

export type LogOptions = {
  readonly name: string;
  readonly level: LogLevel;
  /** A file descriptor or path; default stdout. */
  readonly destination?: number | string;
};

type Destination = ReturnType<typeof pino.destination>;

export function createLogger(options: LogOptions): Logger {
  const destination = openDestination(options.destination ?? 1);
  const dropped = countDrops(destination);
  const writer = pino(
    {
      name: options.name,
      level: options.level,
      base: { name: options.name, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  return loggerOver({ writer, destination, dropped, bound: {} });
}

type Parts = {
  readonly writer: pino.Logger;
  readonly destination: Destination;
  readonly dropped: { count: number };
  /** Redacted already. */
  readonly bound: Record<string, unknown>;
};

function loggerOver(parts: Parts): Logger {
  const { writer, destination, dropped, bound } = parts;
  const write =
    (level: LogLevel, always = false) =>
    (fields: Record<string, unknown>, message: string) => {
      if (!always && !writer.isLevelEnabled(level)) return;
      try {
        const record: Record<string, unknown> = { ...bound, ...redactFields(fields) };
        if (dropped.count > 0) {
          record["records_dropped"] = dropped.count;
          dropped.count = 0;
        }
        (always ? writer.child({}, { level }) : writer)[level](record, redactText(message));
      } catch {
        dropped.count += 1; // Logging never fails its caller; the next record tells that one is missing.
      }
    };
  return {
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    announce: write("info", true),
    with: (fields) => loggerOver({ ...parts, bound: { ...bound, ...redactFields(fields) } }),
    flush: () => flush(destination),
  };
}

function openDestination(dest: number | string): Destination {
  // With a minimum of one byte every record is written at once, and flush() waits; with none it would not.
  const minLength = 1;
  return pino.destination({
    dest,
    sync: false,
    minLength,
    maxLength: LOG_BUFFER_BYTES_MAX,
    mkdir: typeof dest === "string",
  });
}

/** Counts what the buffer's cap drops, and keeps a failing disk or closed pipe from becoming an exception. */
function countDrops(destination: Destination): { count: number } {
  const dropped = { count: 0 };
  destination.on("drop", () => {
    dropped.count += 1;
  });
  // The record stays buffered and is tried again with the next write; there is nowhere to report it meanwhile.
  let failing = false;
  destination.on("error", () => {
    failing = true;
  });
  destination.on("drain", () => {
    failing = false;
  });
  const flushSync = destination.flushSync.bind(destination);
  destination.flushSync = () => {
    // pino calls this when the process exits. On a full disk it would try for ever, so that nothing ever exits.
    if (failing) return;
    try {
      flushSync();
    } catch {
      // What a destination that was never opened has left over goes with the process.
    }
  };
  return dropped;
}

function flush(destination: Destination): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, LOG_FLUSH_MS_MAX);
    destination.flush(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
