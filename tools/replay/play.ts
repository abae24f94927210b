/**
 * Play: segments of a recording, played: checked from end to end, entered at a tick, or held against another recording.
 * In:  segments.   Out: what differs first; the world at a tick.
 * Law: entering plays from the newest recorded world before the tick, not from the beginning.
 */
import type { SimEvent } from "#combat/sim/events.ts";
import { hashWorld } from "#combat/sim/hash.ts";
import { DIFFERENT_FIELDS_MAX } from "#combat/sim/limits.ts";
import { differences, type FieldDifference } from "#combat/sim/packed-world.ts";
import { type Difference, Replay } from "#combat/sim/replay.ts";
import type { World } from "#combat/sim/world.ts";
import { decoded, type Segment } from "./recording.ts";

export type Checked = {
  readonly ticks: number;
  readonly hashes: number;
  readonly difference: Difference | null;
};

type Watching = { onTick?: (world: World, events: readonly SimEvent[]) => void };

/** Plays a segment from its beginning, up to its end or to where a difference has been named. */
export function check({ parts }: Segment, { onTick = () => {} }: Watching = {}): Checked {
  const replay = new Replay({ onTick });
  for (const part of parts) {
    replay.play(decoded(part));
    if (replay.isDecided) break;
  }
  const { ticks, hashes } = replay.counts;
  return { ticks, hashes, difference: replay.difference };
}

/** The segment that a tick belongs to: the newest that had begun by then; null when the recording begins later. */
export function segmentAt(segments: readonly Segment[], tick: number): Segment | null {
  return segments.findLast(({ firstTick }) => firstTick <= tick) ?? null;
}

/** The world after a tick, or as far as the segment goes. `ticksPlayed`: from where it was entered. */
export function enter({ parts }: Segment, tick: number): { world: World; ticksPlayed: number } {
  const replay = new Replay();
  const from = Math.max(
    0,
    parts.findLastIndex((part) => part.firstTick <= tick && decoded(part).world !== null),
  );
  for (const part of parts.slice(from)) {
    if (replay.world !== null && replay.world.tick >= tick) break;
    replay.play(decoded(part), tick);
  }
  if (replay.world === null) throw new Error("a segment begins with a world");
  return { world: replay.world, ticksPlayed: replay.counts.ticks };
}

export type Parting = { readonly epoch: number; readonly tick: number; readonly fields: readonly FieldDifference[] };

/** Where two recordings part: the first tick of an epoch that both have after which their worlds differ, and in what. */
export function parting(ones: readonly Segment[], others: readonly Segment[]): Parting | "alike" | "nothing in common" {
  let common = 0;
  for (const one of ones) {
    const other = others.find(({ epoch, firstTick }) => epoch === one.epoch && firstTick === one.firstTick);
    if (other === undefined) continue;
    const hashes: string[] = [];
    check(one, { onTick: (world) => hashes.push(hashWorld(world)) });
    let ticks = 0;
    let partedAt: number | null = null;
    check(other, {
      onTick: (world) => {
        const hash = hashes[ticks++];
        if (partedAt === null && hash !== undefined && hash !== hashWorld(world)) partedAt = world.tick;
      },
    });
    common += Math.min(ticks, hashes.length);
    if (partedAt === null) continue;
    const fields = differences(enter(one, partedAt).world, enter(other, partedAt).world, DIFFERENT_FIELDS_MAX);
    return { epoch: one.epoch, tick: partedAt, fields };
  }
  return common > 0 ? "alike" : "nothing in common";
}
