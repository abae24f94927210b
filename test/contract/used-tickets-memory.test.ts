/** Used tickets in memory hold the contract of UsedTickets; and what they forget, and when. */
import { expect, test } from "vitest";
import { TICKET_SKEW_MS } from "#combat/stores/limits.ts";
import { createMemoryUsedTickets } from "#combat/stores/used-tickets-memory.ts";
import { ManualClock } from "#kit/clock.ts";
import { ticketAt, usedTicketsContract } from "./used-tickets.contract.ts";

usedTicketsContract("Memory", async () => {
  const clock = new ManualClock();
  const tickets = createMemoryUsedTickets(clock);
  return { tickets, other: tickets, unixMs: () => clock.unixMs(), end: () => Promise.resolve() };
});

test("a ticket is remembered until it has run out for everybody, then forgotten", async () => {
  const clock = new ManualClock();
  const tickets = createMemoryUsedTickets(clock);
  const ticket = ticketAt(clock.unixMs());
  expect(await tickets.use(ticket)).toBe(true);
  clock.advance(60_000 + TICKET_SKEW_MS - 1);
  expect(await tickets.use(ticket)).toBe(false);
  clock.advance(1);
  expect(await tickets.use(ticket)).toBe(true);
});

test("beyond the most that are remembered the oldest is forgotten, and no other", async () => {
  const clock = new ManualClock();
  const tickets = createMemoryUsedTickets(clock, { rememberedMax: 3 });
  const [first, ...rest] = Array.from({ length: 4 }, () => ticketAt(clock.unixMs()));
  if (first === undefined) throw new Error("there are four");
  for (const ticket of [first, ...rest]) expect(await tickets.use(ticket)).toBe(true);
  for (const ticket of rest) expect(await tickets.use(ticket)).toBe(false);
  expect(await tickets.use(first)).toBe(true);
});

test("a ticket shown again and again does not push others out", async () => {
  const clock = new ManualClock();
  const tickets = createMemoryUsedTickets(clock, { rememberedMax: 2 });
  const [one, two] = [ticketAt(clock.unixMs()), ticketAt(clock.unixMs())];
  await tickets.use(one);
  await tickets.use(two);
  for (let again = 0; again < 10; again++) expect(await tickets.use(two)).toBe(false);
  expect(await tickets.use(one)).toBe(false);
});
