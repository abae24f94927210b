/**
 * Used tickets: which join tickets have opened a door already, so that each opens once.
 * Law: of all uses of one ticket, one resolves to true: the first, and the first after it was given back. Atomic, over all
 *      processes that share a store.
 *      No call rejects, and none waits longer than the store's deadline: where the store is away, this process's memory
 *      decides alone.
 * Bound: a ticket is remembered until it has run out and TICKET_SKEW_MS longer, since the gateway that still takes it
 *      may have a slower clock than ours; beyond TICKETS_REMEMBERED_MAX in a process the oldest is forgotten there.
 * Loss: what memory forgot, what was used while the store was away, and what a store lost, may open once more within
 *      the minute that a ticket lives: for the same player and the same session, and in place of the older socket. One that
 *      cannot be given back because the store is away, and one that was refused elsewhere meanwhile, stays used there.
 * Not here: whether a ticket is genuine, and for whom (packages/auth).
 */
import { TICKET_KEPT_MS_MAX, TICKET_SKEW_MS } from "./limits.ts";

export type Ticket = {
  /** Its `jti`. */
  readonly id: string;
  readonly expiresAtUnixMs: number;
};

export type UsedTickets = {
  /** Uses a ticket up; true when it had not been. */
  use(ticket: Ticket): Promise<boolean>;
  /** For who used it, and then opened nothing. */
  giveBack(ticket: Ticket): Promise<void>;
};

/** How long a ticket has to be remembered from now on, in whole milliseconds. */
export function keptMs({ expiresAtUnixMs }: Ticket, unixMs: number): number {
  const leftMs = Math.max(0, expiresAtUnixMs - unixMs);
  return Math.ceil(Math.min(leftMs + TICKET_SKEW_MS, TICKET_KEPT_MS_MAX));
}
