/**
 * Used tickets in this process's memory: for one combat process alone, until it ends.
 * In:  tickets.   Out: whether each was new.   Law: as used-tickets.ts says; the answer is there at once.
 */
import type { Clock } from "#kit/clock.ts";
import { TICKETS_REMEMBERED_MAX } from "./limits.ts";
import { keptMs, type UsedTickets } from "./used-tickets.ts";

export function createMemoryUsedTickets(
  clock: Clock,
  { rememberedMax = TICKETS_REMEMBERED_MAX }: { readonly rememberedMax?: number } = {},
): UsedTickets {
  /** Until when each is remembered (monotonic), in order of use: all live about equally long. */
  const forgottenAtMs = new Map<string, number>();
  return {
    async use(ticket) {
      const nowMs = clock.nowMs();
      const knownUntilMs = forgottenAtMs.get(ticket.id);
      if (knownUntilMs !== undefined && knownUntilMs > nowMs) return false;
      forgottenAtMs.delete(ticket.id);
      for (const [oldest, atMs] of forgottenAtMs) {
        if (atMs > nowMs && forgottenAtMs.size < rememberedMax) break;
        forgottenAtMs.delete(oldest);
      }
      forgottenAtMs.set(ticket.id, nowMs + keptMs(ticket, clock.unixMs()));
      return true;
    },
    async giveBack({ id }) {
      forgottenAtMs.delete(id);
    },
  };
}
