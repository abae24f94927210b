/** Nowhere: for a combat without others beside it: what is not hosted here, nobody that is known serves. */
import { Elsewhere, type ElsewhereParts } from "#combat/session/elsewhere.ts";
import { systemClock } from "#kit/clock.ts";

/** `sessions`: where records are looked up; by default there are none. */
export function nowhere(sessions: ElsewhereParts["sessions"] = { get: async () => null }): Elsewhere {
  return new Elsewhere({ sessions, watch: { addressOf: () => null }, clock: systemClock });
}
