/**
 * Contract of UsedTickets: what every adapter must hold, run over each of them by a *.test.ts.
 * Not here: what one adapter alone promises (test/services/used-tickets-redis.test.ts).
 */
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Ticket, UsedTickets } from "#combat/stores/used-tickets.ts";

export type UsedTicketsUnderTest = {
  readonly tickets: UsedTickets;
  /** Another adapter on the same data; for memory the same. */
  readonly other: UsedTickets;
  /** The clock of both. */
  unixMs(): number;
  end(): Promise<void>;
};

export function ticketAt(unixMs: number, rest: Partial<Ticket> = {}): Ticket {
  return { id: randomUUID(), expiresAtUnixMs: unixMs + 60_000, ...rest };
}

export function usedTicketsContract(adapter: string, open: () => Promise<UsedTicketsUnderTest>): void {
  describe(`${adapter} as UsedTickets`, () => {
    let under: UsedTicketsUnderTest;
    beforeAll(async () => {
      under = await open();
    });
    afterAll(() => under.end());
    const ticketOf = (rest: Partial<Ticket> = {}) => ticketAt(under.unixMs(), rest);

    test("a ticket opens once, wherever it is shown", async () => {
      const { tickets, other } = under;
      const [one, two] = [ticketOf(), ticketOf()];
      expect(await tickets.use(one)).toBe(true);
      for (const again of [tickets, other, tickets]) expect(await again.use(one)).toBe(false);
      expect(await other.use(two)).toBe(true);
      for (const again of [tickets, other, tickets]) expect(await again.use(two)).toBe(false);
    });

    test("of many that show one ticket at once exactly one is let in", async () => {
      for (let round = 0; round < 20; round++) {
        const ticket = ticketOf();
        const uses = Array.from({ length: 50 }, (_, at) => (at % 2 === 0 ? under.tickets : under.other).use(ticket));
        expect((await Promise.all(uses)).filter(Boolean)).toHaveLength(1);
      }
    });

    test("a ticket that is given back opens once more, wherever it is shown", async () => {
      const { tickets, other } = under;
      const ticket = ticketOf();
      expect(await tickets.use(ticket)).toBe(true);
      await tickets.giveBack(ticket);
      expect(await other.use(ticket)).toBe(true);
      for (const again of [tickets, other]) expect(await again.use(ticket)).toBe(false);
    });

    test("a ticket that nobody used may be given back", async () => {
      const ticket = ticketOf();
      await under.tickets.giveBack(ticket);
      expect(await under.other.use(ticket)).toBe(true);
    });

    test("a ticket that names another expiry is the same ticket", async () => {
      const ticket = ticketOf();
      expect(await under.tickets.use(ticket)).toBe(true);
      expect(await under.other.use({ ...ticket, expiresAtUnixMs: ticket.expiresAtUnixMs + 60_000 })).toBe(false);
    });

    test.each([
      ["ran out just now", -1],
      ["ran out long ago", -1e12],
      ["never runs out", 1e300],
      ["runs out between two milliseconds", 60_000.5],
    ])("a ticket that %s opens once too: whoever verified it took it for good", async (_what, fromNowMs) => {
      const ticket = ticketOf({ expiresAtUnixMs: under.unixMs() + fromNowMs });
      expect(await under.tickets.use(ticket)).toBe(true);
      expect(await under.tickets.use(ticket)).toBe(false);
      expect(await under.other.use(ticket)).toBe(false);
    });

    test("ids are any text, and all different", async () => {
      const ids = ["", " ", "a", "A", "a:b", "{a}", "🗝", 'a"\n\0b', "k".repeat(500)].map((id) => id + randomUUID());
      for (const id of ids) expect(await under.tickets.use(ticketOf({ id })), id).toBe(true);
      for (const id of ids) expect(await under.other.use(ticketOf({ id })), id).toBe(false);
    });

    test("each use is answered as if they came one after the other", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.record({ which: fc.nat(5), at: fc.nat(1) }), { maxLength: 40 }), async (uses) => {
          const tickets = Array.from({ length: 6 }, () => ticketOf());
          const outcomes = await Promise.all(
            uses.map(({ which, at }) => (at === 0 ? under.tickets : under.other).use(tickets[which] as Ticket)),
          );
          for (const [which] of tickets.entries()) {
            const own = outcomes.filter((_, index) => uses[index]?.which === which);
            expect(own.filter(Boolean)).toHaveLength(Math.min(1, own.length));
          }
        }),
        { numRuns: 100 },
      );
    });
  });
}
