/** Real stores: where the servers of this run of the tests are, as their runner says. */

export type RealStores = {
  /** For services that are started on them. */
  readonly env: { readonly DATABASE_URL: string; readonly REDIS_URL: string; readonly KAFKA_BROKERS: string };
  readonly brokers: readonly string[];
};

/** Throws outside of `npm run test:services`. */
export function realStores(): RealStores {
  const named = (name: string): string => {
    const value = process.env[name];
    if (!value) throw new Error(`${name} is not set: run these tests by npm run test:services`);
    return value;
  };
  const env = {
    DATABASE_URL: named("DATABASE_URL"),
    REDIS_URL: named("REDIS_URL"),
    KAFKA_BROKERS: named("KAFKA_BROKERS"),
  };
  return { env, brokers: env.KAFKA_BROKERS.split(",") };
}
