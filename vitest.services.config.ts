/** Tests that need real PostgreSQL, Redis and Kafka: `npm run test:services` finds or starts these and runs this. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/services/**/*.test.ts"],
    pool: "forks",
    fileParallelism: false, // Fault tests need the machine for themselves.
    testTimeout: 300_000,
    hookTimeout: 180_000,
    execArgv: ["--disable-warning=TimeoutNegativeWarning"], // kafkajs 2.2.4 sets timers to a time long past.
  },
});
