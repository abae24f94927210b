/** Findings: a cheat that repeats itself is one row with its worst and a count; rows are bounded; the topic is their own. */
import { expect, test } from "vitest";
import { FINDINGS_WAITING_MAX } from "#combat/limits.ts";
import { eventEncoder, eventId } from "#combat/rpc/encode-event.ts";
import { Findings } from "#combat/session/findings.ts";
import type { Finding } from "#combat/sim/suspicion.ts";
import { SAMPLE_EVENTS } from "#support/sample-events.ts";

const AT = { x: 0, y: 0, z: 0 };

function finding(changes: Partial<Finding> = {}): Finding {
  const time = { atMs: 1_000, claimedMs: null, usedMs: 1_000, rttMs: null };
  const judged = { check: "speed", mode: "enforce", verdict: "correct", measured: 900, threshold: 728 } as const;
  return { slot: 0, ...judged, from: AT, to: AT, ...time, score: 10, ...changes };
}

test("of findings alike the worst is told, and how many there were", () => {
  const findings = new Findings();
  findings.handle("ann", [finding(), finding({ measured: 1_500, atMs: 1_200 }), finding({ measured: 800 })]);
  expect(findings.pollAll()).toEqual({
    findings: [{ ...omitSlot(finding({ measured: 1_500, atMs: 1_200 })), playerId: "ann", count: 3 }],
    skipped: 0,
  });
  expect(findings.pollAll()).toEqual({ findings: [], skipped: 0 });
});

test.each([
  { name: "another player", playerId: "bob", changes: {} },
  { name: "another check", playerId: "ann", changes: { check: "clipping" } },
  { name: "another verdict", playerId: "ann", changes: { verdict: "flag" } },
  { name: "shadow", playerId: "ann", changes: { mode: "shadow", verdict: "allow" } },
] as const)("$name is a row of its own", ({ playerId, changes }) => {
  const findings = new Findings();
  findings.handle("ann", [finding()]);
  findings.handle(playerId, [finding(changes)]);
  expect(findings.pollAll().findings.map(({ count }) => count)).toEqual([1, 1]);
});

test("beyond the bound new rows go and are counted; those there are go on counting", () => {
  const findings = new Findings();
  for (let player = 0; player < FINDINGS_WAITING_MAX + 7; player++) findings.handle(String(player), [finding()]);
  findings.handle("0", [finding()]);
  const told = findings.pollAll();
  expect([told.findings.length, told.findings[0]?.count, told.skipped]).toEqual([FINDINGS_WAITING_MAX, 2, 7]);
});

test("they are published on the topic of anti-cheat, under ids of their own, and nothing else is", () => {
  const encode = eventEncoder("protobuf");
  const topics = SAMPLE_EVENTS.map((event) => [event.body.kind, encode(event).topic] as const);
  const there = topics.filter(([, topic]) => topic === "game.combat.damage.validation").map(([kind]) => kind);
  expect(there).toEqual(["movement_checked"]);
  const samples = SAMPLE_EVENTS.filter(({ seq }) => seq === 0).map((event) => eventId({ ...event, tick: 60 }));
  expect(new Set(samples).size).toBe(3);
});

function omitSlot({ slot: _, ...rest }: Finding) {
  return rest;
}
