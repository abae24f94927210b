/** Held: what no journal has yet is neither lost nor told out of order, and bounded. */
import { describe, expect, test } from "vitest";
import { Held } from "#combat/events/held.ts";
import type { SessionEvent } from "#combat/session/session-events.ts";

function event(seq: number, sessionId = "one"): SessionEvent {
  return { sessionId, epoch: 1, seq, tick: seq, atUnixMs: 0, body: { kind: "session_paused" } };
}

function heldOf(seqs: readonly number[], countMax = 100): Held {
  const held = new Held(countMax);
  for (const seq of seqs) held.add(event(seq));
  return held;
}

const seqsOf = (events: readonly SessionEvent[]) => events.map(({ seq }) => seq);

describe("what is held", () => {
  test.each([
    { name: "comes when the journal has nothing", held: [5, 6], journal: [], out: [5, 6] },
    { name: "fills what the journal lacks in between", held: [5, 6], journal: [3, 4, 7], out: [3, 4, 5, 6, 7] },
    { name: "follows right behind the journal's end", held: [5, 6], journal: [3, 4], out: [3, 4, 5, 6] },
    { name: "waits while the journal has more to give before it", held: [9], journal: [3, 4], out: [3, 4] },
    { name: "is told once when the journal has it by now", held: [5], journal: [4, 5, 6], out: [4, 5, 6] },
  ])("$name", ({ held, journal, out }) => {
    const merged = heldOf(held).mergedInto(
      "one",
      journal.map((seq) => event(seq)),
    );
    expect(seqsOf(merged)).toEqual(out);
  });

  test("is let go up to where it is queued, and of one session alone", () => {
    const held = heldOf([1, 2, 3]);
    held.add(event(1, "two"));
    held.release("one", 2);
    expect(held.all().map(({ sessionId, seq }) => [sessionId, seq])).toEqual([
      ["one", 3],
      ["two", 1],
    ]);
    held.forget("one");
    expect(held.all().map(({ sessionId }) => sessionId)).toEqual(["two"]);
  });

  test("is bounded; room comes back with what is let go", () => {
    const held = heldOf([1, 2, 3], 2);
    expect(seqsOf(held.all())).toEqual([1, 2]);
    held.release("one", 1);
    held.add(event(4));
    expect(seqsOf(held.all())).toEqual([2, 4]);
  });
});
