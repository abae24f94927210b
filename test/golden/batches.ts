/**
 * Batches: plays a recording again as another network would have delivered it.
 * In:  a recording, and a seed for the batches.   Out: the world it ends as.
 * Law: each player's own moves keep their order, and so do orders; between players anything goes. Frames are made and
 * thrown away at any time, as viewers come and go: looking changes nothing.
 */
import { MAPS } from "#combat/sim/content.ts";
import type { Move } from "#combat/sim/inputs.ts";
import { applyMove } from "#combat/sim/movement.ts";
import type { Recording } from "#combat/sim/record.ts";
import { decide, step } from "#combat/sim/step.ts";
import { createWorld, type World } from "#combat/sim/world.ts";
import { FrameSource, keyframe } from "#combat/snapshot/frame.ts";
import { assert } from "#kit/assert.ts";
import { createRng, nextBelow, type Rng } from "#kit/rng.ts";

export function replayInBatches(recording: Recording, seed: number): World {
  const map = MAPS[recording.mapId];
  assert(map, "the map is in the table");
  const world = createWorld({ rules: recording.rules, map, seed: recording.seed });
  const rng = createRng(seed);
  const frames = new FrameSource();
  let moves: Move[] = [];
  const deliver = () => {
    for (const move of shuffled(moves, rng)) {
      applyMove(world, move);
      if (nextBelow(rng, 10) === 0) frames.pollChanges(world, nextBelow(rng, 2) === 0 ? "all" : "poses");
    }
    moves = [];
  };
  for (const entry of recording.entries) {
    if (typeof entry === "object" && !("length" in entry) && !("kind" in entry)) {
      moves.push(entry);
      continue;
    }
    deliver();
    if (nextBelow(rng, 20) === 0) keyframe(world);
    if (typeof entry === "number") for (let idle = 0; idle < entry; idle++) step(world, []);
    else if ("length" in entry) step(world, entry);
    else decide(world, entry);
  }
  return world;
}

/** Any order that keeps each player's own. */
function shuffled(moves: readonly Move[], rng: Rng): Move[] {
  const bySlot = new Map<number, Move[]>();
  for (const move of moves) bySlot.set(move.slot, [...(bySlot.get(move.slot) ?? []), move]);
  const queues = [...bySlot.values()];
  const order: Move[] = [];
  while (queues.length > 0) {
    const at = nextBelow(rng, queues.length);
    const next = queues[at]!.shift();
    if (next) order.push(next);
    if (queues[at]!.length === 0) queues.splice(at, 1);
  }
  return order;
}
