/**
 * Replay: plays recorded parts again, and holds the match against what was recorded of it.
 * In:  parts of one recording, in order; entered at any part that begins with a world.   Out: the world, tick by tick, with
 *      what it told; the first difference.
 * Law: a whole recording under the content it was made with replays without a difference. A difference is found at its
 *      tick by the pulse, at the latest at its second by the hash, and its fields where the next world is recorded.
 */
import { assert } from "#kit/assert.ts";
import type { SimEvent } from "./events.ts";
import { hashWorld } from "./hash.ts";
import { readInputs } from "./input-bytes.ts";
import type { StepInput } from "./inputs.ts";
import { DIFFERENT_FIELDS_MAX } from "./limits.ts";
import { applyMove } from "./movement.ts";
import { differences, type FieldDifference, unpackWorld } from "./packed-world.ts";
import { noPulse, PULSE_LANES, takePulse } from "./pulse.ts";
import type { RecordedPart } from "./recorder.ts";
import { decide, step } from "./step.ts";
import type { World } from "./world.ts";

export type Difference = {
  /** The first tick after which it was seen, and the last after which worlds are known to have been alike. */
  readonly tick: number;
  readonly alikeAtTick: number;
  /** What the pulse says differs; empty when the hash alone does. */
  readonly lanes: readonly string[];
  /** As recorded and as replayed; empty when no later world is recorded. */
  readonly fields: readonly FieldDifference[];
  /** The tick that the fields are of: the first recorded world after the difference. */
  readonly fieldsAtTick: number | null;
};

export type ReplayListener = {
  /** After each tick. */
  onTick?(world: World, events: readonly SimEvent[]): void;
  /** After each recorded hash that was the world's own. */
  onHash?(world: World): void;
};

export class Replay {
  /** Hashes and pulses that were held against the replay so far. */
  readonly counts = { hashes: 0, pulses: 0, ticks: 0 };
  difference: Difference | null = null;
  private replayed: World | null = null;
  private alikeAtTick = 0;
  private told: SimEvent[] = [];
  private readonly pulse = noPulse();
  private recorded = noPulse();
  private isPulseDue = false;
  private readonly listener: ReplayListener;

  constructor(listener: ReplayListener = {}) {
    this.listener = listener;
  }

  /** As far as it was played; null before the first part. */
  get world(): World | null {
    return this.replayed;
  }

  /** True once nothing more is to be learned: a difference was found, with its fields. */
  get isDecided(): boolean {
    return this.difference !== null && this.difference.fieldsAtTick !== null;
  }

  /** Plays one part, up to a tick. Throws when it does not follow on what was played, or is none. */
  play(part: RecordedPart, untilTick = Number.POSITIVE_INFINITY): void {
    this.enter(part);
    const world = this.replayed;
    assert(world, "a replay begins at a part with a world");
    assert(world.tick === part.firstTick, "parts follow on each other");
    this.recorded = noPulse(); // As the recorder begins each part.
    for (const entry of readInputs(part.inputs)) {
      if (entry.kind === "pulse") {
        this.recorded = entry.pulse;
        continue;
      }
      this.holdPulse(world);
      if (entry.kind === "hash") this.holdHash(world, entry.hash);
      else if (world.tick >= untilTick) return;
      else if (entry.kind === "move") applyMove(world, entry.move);
      else if (entry.kind === "order") this.told.push(...decide(world, entry.order));
      else if (entry.kind === "inputs") this.tick(world, entry.inputs);
      else for (let idle = 0; idle < entry.count && world.tick < untilTick; idle++) this.tick(world, []);
    }
    this.holdPulse(world);
  }

  private enter({ world: text }: RecordedPart): void {
    if (text === null) return;
    const recorded = unpackWorld(text);
    if (this.replayed !== null && this.replayed.tick === recorded.tick) this.holdWorld(recorded, this.replayed);
    else this.alikeAtTick = recorded.tick;
    this.replayed = recorded;
  }

  private tick(world: World, inputs: readonly StepInput[]): void {
    this.holdPulse(world);
    const { events } = step(world, inputs);
    const told = this.told.length === 0 ? events : [...this.told, ...events];
    this.told = [];
    this.counts.ticks += 1;
    this.isPulseDue = true;
    this.listener.onTick?.(world, told);
  }

  /** After a tick, once: what the recording has to say of it stands behind it. */
  private holdPulse(world: World): void {
    if (!this.isPulseDue) return;
    this.isPulseDue = false;
    if (this.difference !== null) return;
    this.counts.pulses += 1;
    takePulse(world, this.pulse);
    const lanes = PULSE_LANES.filter((_, lane) => this.pulse[lane] !== this.recorded[lane]);
    if (lanes.length === 0) this.alikeAtTick = world.tick;
    else this.differ(world.tick, lanes);
  }

  private holdHash(world: World, recorded: string): void {
    if (this.difference !== null) return;
    this.counts.hashes += 1;
    if (hashWorld(world) !== recorded) return this.differ(world.tick, []);
    this.alikeAtTick = world.tick;
    this.listener.onHash?.(world);
  }

  private holdWorld(recorded: World, replayed: World): void {
    const fields = differences(recorded, replayed, DIFFERENT_FIELDS_MAX);
    if (fields.length === 0) return;
    if (this.difference === null) this.differ(recorded.tick, []);
    const { difference } = this;
    if (difference === null || difference.fieldsAtTick !== null) return;
    this.difference = { ...difference, fields, fieldsAtTick: recorded.tick };
  }

  private differ(tick: number, lanes: readonly string[]): void {
    this.difference = { tick, alikeAtTick: this.alikeAtTick, lanes, fields: [], fieldsAtTick: null };
  }
}
