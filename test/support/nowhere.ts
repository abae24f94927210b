/** Nowhere: for a combat without others beside it: what is not hosted here is served by nobody that is known. */
import { Elsewhere } from "#combat/session/elsewhere.ts";
import { systemClock } from "#kit/clock.ts";

export const NOWHERE = new Elsewhere({
  sessions: { get: async () => null },
  watch: { addressOf: () => null },
  clock: systemClock,
});
