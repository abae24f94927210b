import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: [...configDefaults.exclude, "test/services/**"], // These need servers: vitest.services.config.ts.
    pool: "forks",
    maxWorkers: 2, // Tests of whole processes wait most of their time; more of them at once would miss their deadlines.
    testTimeout: 30_000,
    hookTimeout: 90_000,
  },
});
