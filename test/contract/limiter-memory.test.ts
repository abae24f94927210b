/** The limiter in memory holds the contract of Limiter. */
import { createMemoryLimiter } from "#auth/limiter.ts";
import { limiterContract } from "./limiter.contract.ts";

limiterContract("Memory", async () => ({
  open(rate) {
    const limiter = createMemoryLimiter(rate);
    return [limiter, limiter];
  },
  end: () => Promise.resolve(),
}));
