/**
 * Record: keeps all that went into a world, so that it can be played again.
 * In: the same moves, orders and inputs, in the same order, as applyMove, decide and step get.   Out: plain data that survives JSON.
 * Law: a whole recording replays to the same hash at every tick. At its cap it stops, says at which tick, and keeps
 * what it has; it never drops something from the middle.
 * For matches that a script plays (tests, benchmarks), where all of it is wanted as plain data. Not here: recordings of living
 * sessions (recorder.ts).
 */
import { assert } from "#kit/assert.ts";
import { type GameMap, MAPS } from "./content.ts";
import type { Move, Order, StepInput } from "./inputs.ts";
import { RECORDING_ENTRIES_MAX } from "./limits.ts";
import { applyMove } from "./movement.ts";
import { decide, step } from "./step.ts";
import { createWorld, type Rules, type World } from "./world.ts";

/** A move; or an order between two ticks; or the inputs of one tick; or how many ticks in a row had none. */
export type RecordedEntry = Move | Order | readonly StepInput[] | number;

export type Recording = {
  /** Of this format. */
  version: 1;
  rules: Rules;
  mapId: string;
  seed: number;
  entries: RecordedEntry[];
  /** Ticks kept. */
  ticks: number;
  /** The last whole tick when the cap was met; null while the recording is whole. */
  stoppedAtTick: number | null;
};

export function startRecording({ rules, mapId, seed }: { rules: Rules; mapId: string; seed: number }): Recording {
  return { version: 1, rules: { ...rules }, mapId, seed, entries: [], ticks: 0, stoppedAtTick: null };
}

/** Call it before applyMove, with what applyMove gets; a move that will be refused counts as well. */
export function recordMove(recording: Recording, world: World, move: Move): void {
  if (takesMore(recording, world)) recording.entries.push({ ...move });
}

/** Call it before decide, with what decide gets. */
export function recordOrder(recording: Recording, world: World, order: Order): void {
  if (takesMore(recording, world)) recording.entries.push({ ...order });
}

/** Call it before step, with what step gets, each tick. */
export function recordStep(recording: Recording, world: World, inputs: readonly StepInput[]): void {
  const { entries } = recording;
  const last = entries.length - 1;
  const newest = entries[last];
  if (inputs.length === 0 && typeof newest === "number" && recording.stoppedAtTick === null) {
    entries[last] = newest + 1;
  } else if (takesMore(recording, world)) {
    entries.push(inputs.length === 0 ? 1 : [...inputs]);
  } else {
    return;
  }
  recording.ticks += 1;
}

function takesMore(recording: Recording, world: World): boolean {
  if (recording.entries.length >= RECORDING_ENTRIES_MAX) recording.stoppedAtTick ??= recording.ticks;
  if (recording.stoppedAtTick !== null) return false;
  assert(recording.ticks === world.tick, "a recording misses no tick"); // Else its replay would be another match.
  return true;
}

/**
 * Plays a recording to its end; of a stopped one, what was kept. `onTick` sees the world after each tick.
 * Throws when it was recorded on a map that is not in the table.
 */
export function replay(recording: Recording, onTick?: (world: World) => void, maps = MAPS): World {
  const map: GameMap | undefined = maps[recording.mapId];
  assert(map, "a recording names a map of the table");
  const world = createWorld({ rules: recording.rules, map, seed: recording.seed });
  const tick = (inputs: readonly StepInput[]) => {
    step(world, inputs);
    onTick?.(world);
  };
  for (const entry of recording.entries) {
    if (typeof entry === "number") for (let idle = 0; idle < entry; idle++) tick([]);
    else if ("length" in entry) tick(entry);
    else if ("kind" in entry) decide(world, entry);
    else applyMove(world, entry);
  }
  return world;
}
