/**
 * Keeping duels: Ann against Bob, kept as they stand, for the tests of the keeper. Not a test itself.
 * `useKeeping` makes a keeper anew for each test of a file: `keeping`.
 */
import { afterEach, beforeEach, expect, vi } from "vitest";
import type { Hosted } from "#combat/session/hosted.ts";
import { sessionOf } from "#combat/session/state.ts";
import type { LiveWrite } from "#combat/stores/live-store.ts";
import { blow, must, OWNER, Stage } from "./fixture.ts";
import { Keeping, shownOf, useFakeTimers } from "./keeping.ts";

export type Duel = { stage: Stage; hosted: Hosted };

export let keeping: Keeping;

export function useKeeping(): void {
  beforeEach(() => {
    useFakeTimers();
    keeping = new Keeping();
  });

  afterEach(async () => {
    Object.assign(keeping.liveFaults, { before: () => {}, after: () => {} });
    await keeping.end();
    vi.useRealTimers();
  });
}

/** Another keeper for this test. */
export function keepBy(other: Keeping): void {
  keeping = other;
}

/** Ann against Bob, kept as they stand. */
export async function duel(id = "one"): Promise<Duel> {
  const stage = new Stage({}, id, keeping.clock);
  stage.startDuel();
  const hosted = keeping.host(stage.session);
  await keeping.show(hosted);
  return { stage, hosted };
}

export function hurt({ stage }: Duel, rest: { damage?: number; key?: string } = {}): void {
  const { damage = 100, key = null } = rest;
  must(stage.session.handleDamage(blow("bob", { attackerId: "ann", damage }), key));
  stage.session.handleTick(keeping.clock.nowMs(), keeping.clock.unixMs());
}

/** Hurts and shows. */
export async function fight(...duels: Duel[]) {
  for (const one of duels) hurt(one);
  const { verdicts } = await keeping.show(...duels.map(({ hosted }) => hosted));
  return verdicts;
}

/** From now on each call of the live store is remembered; how it goes is said call by call. */
export function calls(go: (call: string, count: number) => void | Promise<void> = () => {}) {
  const made: { call: string; writes: LiveWrite[] }[] = [];
  keeping.liveFaults.before = (call, [writes]) => {
    made.push({ call, writes: Array.isArray(writes) ? (writes as LiveWrite[]) : [] });
    return go(call, made.length);
  };
  return made;
}

export async function heldOf({ stage }: Duel) {
  const { state, unpublished } = await keeping.restored(stage.session.id);
  const session = sessionOf(state!, { epoch: 1, owner: OWNER }, 0);
  return { shown: shownOf(session), unpublished: unpublished.map(({ seq }) => seq) };
}

/** Everything shown is there for the next owner, and what is not published is in the journal, each event once. */
export async function expectWhole(one: Duel): Promise<void> {
  const { shown, unpublished } = await heldOf(one);
  expect(shown).toEqual(shownOf(one.stage.session));
  const fromSeq = keeping.table.get(one.stage.session.id)!.publishedSeq + 1;
  const { seqOfLastEvent } = one.stage.session;
  expect(unpublished).toEqual(Array.from({ length: seqOfLastEvent - fromSeq + 1 }, (_, index) => fromSeq + index));
}
