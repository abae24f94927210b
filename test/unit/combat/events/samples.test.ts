/** Samples: bounded, the oldest go first, and what went is said. */
import { describe, expect, test } from "vitest";
import { Samples } from "#combat/events/samples.ts";
import { SAMPLES_WAITING_MAX } from "#combat/limits.ts";
import type { SessionEvent } from "#combat/session/session-events.ts";

function sample(sessionId: string, tick: number): SessionEvent {
  const body = { kind: "positions_sampled" as const, players: [], skipped: 0 };
  return { sessionId, epoch: 1, seq: 0, tick, atUnixMs: 0, body };
}

function taken(samples: Samples, countMax = SAMPLES_WAITING_MAX) {
  return samples.take(countMax).map(({ sessionId, tick, body }) => {
    return [sessionId, tick, body.kind === "positions_sampled" ? body.skipped : null];
  });
}

describe("samples", () => {
  test("are taken in order, each once", () => {
    const samples = new Samples();
    for (const tick of [1, 2, 3]) samples.add(sample("one", tick));
    expect(taken(samples, 2)).toEqual([
      ["one", 1, 0],
      ["one", 2, 0],
    ]);
    expect(taken(samples)).toEqual([["one", 3, 0]]);
    expect(samples.count).toBe(0);
  });

  test("beyond the bound what speaks against players goes last", () => {
    const samples = new Samples();
    const findings = { kind: "movement_checked" as const, findings: [], skipped: 0 };
    samples.add({ ...sample("cheat", 1), body: findings });
    for (let tick = 2; tick <= SAMPLES_WAITING_MAX + 3; tick++) samples.add(sample("one", tick));
    expect(taken(samples, 2)).toEqual([
      ["cheat", 1, null],
      ["one", 5, 3],
    ]);
  });

  test("beyond the bound the oldest go; the next of that session says how many, once", () => {
    const samples = new Samples();
    samples.add(sample("one", 1));
    samples.add(sample("two", 1));
    samples.add(sample("one", 2));
    for (let tick = 3; tick < SAMPLES_WAITING_MAX + 3; tick++) samples.add(sample("two", tick));
    samples.add(sample("one", 9));
    expect(samples.count).toBe(SAMPLES_WAITING_MAX);
    expect(samples.givenUp).toBe(4);
    const all = taken(samples);
    expect(all[0]).toEqual(["two", 4, 2]);
    expect(all[1]).toEqual(["two", 5, 0]);
    expect(all.at(-1)).toEqual(["one", 9, 2]);
  });

  test("of a session that is somebody else's are forgotten", () => {
    const samples = new Samples();
    samples.add(sample("one", 1));
    samples.add(sample("two", 1));
    samples.forget("one");
    expect(taken(samples)).toEqual([["two", 1, 0]]);
  });
});
