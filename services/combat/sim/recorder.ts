/**
 * Recorder: keeps all that goes into a living world, in parts that can be taken away and played again.
 * In:  the same moves, orders and inputs, in the same order, as applyMove, decide and step get.   Out: parts, in order:
 *      each the inputs of some ticks; the first begins with the whole world, and now and then one is a world and nothing else.
 * Law: played one after the other, parts give the same world at every tick. Nothing is left out in the middle: once a
 *      recorder has ended it takes nothing more, and its last part says why and has the world as it was then.
 * Not here: bytes for the store (stores/recording-codec.ts), when parts are taken and why a recording ends (session/).
 */
import { assert } from "#kit/assert.ts";
import { hashWorld } from "./hash.ts";
import { InputWriter } from "./input-bytes.ts";
import type { Move, Order, StepInput, StepResult } from "./inputs.ts";
import { RECORDED_PART_BYTES_MAX, RECORDED_WORLD_EVERY_MS } from "./limits.ts";
import { hasObjectives } from "./objectives.ts";
import { packWorld } from "./packed-world.ts";
import { noPulse, takePulse } from "./pulse.ts";
import type { World } from "./world.ts";

/**
 * over: the session is. moved: its owner stopped or lost it, and another goes on. full: the cap of a recording was met.
 * store_away: parts could not be stored, and waited beyond their bound. failed: an input could not be recorded.
 */
export const RECORDING_ENDS = ["over", "moved", "full", "store_away", "failed"] as const;
export type RecordingEnd = (typeof RECORDING_ENDS)[number];

export type RecordedPart = {
  /** From 0, without gaps. */
  readonly number: number;
  /** Ticks that the world had had before the first input, and has had after the last. */
  readonly firstTick: number;
  readonly lastTick: number;
  /** The world before the first input, packed; null when it follows on the part before. */
  readonly world: string | null;
  /** See input-bytes.ts. */
  readonly inputs: Uint8Array;
  /** Of the last part alone. */
  readonly end: RecordingEnd | null;
};

export class Recorder {
  /** Why it takes nothing more; null while it does. */
  ended: RecordingEnd | null = null;
  /** What was thrown when it ended as failed. */
  failure: unknown = null;
  private readonly world: World;
  private readonly writer = new InputWriter();
  private readonly pulse = noPulse();
  /** Something went in since the pulse was taken. */
  private isStirred = true;
  /** Something went in, or happened, since the world was hashed. */
  private isUnhashed = true;
  private parts: RecordedPart[] = [];
  private nextNumber = 0;
  private firstTick: number;
  private packed: string | null;
  private packedAtTick: number;
  private atTick: number;

  /** Begins with the world as it stands; the next whole one comes so much earlier than RECORDED_WORLD_EVERY_MS. */
  constructor(world: World, worldEarlierMs = 0) {
    this.world = world;
    this.packed = packWorld(world);
    this.firstTick = this.atTick = world.tick;
    this.packedAtTick = world.tick - ticksOf(world, worldEarlierMs);
  }

  /** Call it before applyMove, with what applyMove gets; a move that will be refused counts as well. */
  handleMove(move: Move): void {
    if (this.ended !== null) return;
    this.isStirred = true;
    this.writer.move(move);
  }

  /** Call it before decide, with what decide gets. */
  handleOrder(order: Order): void {
    if (this.ended !== null) return;
    this.isStirred = true;
    this.writer.order(order);
  }

  /** Call it before step, with what step gets, each tick. */
  handleStep(inputs: readonly StepInput[]): void {
    if (this.ended !== null) return;
    assert(this.atTick === this.world.tick, "a recording misses no tick"); // Else its replay would be another match.
    this.writer.step(inputs);
  }

  /** Call it after step, with what it says. */
  handleStepped({ still }: Pick<StepResult, "still">): void {
    if (this.ended !== null) return;
    const { world, writer, pulse } = this;
    this.atTick = world.tick;
    if (this.isStirred || !still) {
      writer.pulseIs(takePulse(world, pulse));
      this.isUnhashed = true;
    }
    this.isStirred = false;
    if (hasObjectives(world)) this.isUnhashed = true; // Time there counts in a world that stands still otherwise.
    if (this.isUnhashed && world.tick % world.rules.tickRateHz === 0) {
      writer.hash(hashWorld(world));
      this.isUnhashed = false; // Of a world that stands still each hash would be as good as the first.
    }
    if (writer.size >= RECORDED_PART_BYTES_MAX) this.cut();
  }

  /** Between two inputs: what was recorded so far becomes a part, if there is anything; then true. */
  cut(): boolean {
    const inputs = this.writer.take();
    if (inputs.length === 0) return false;
    this.isStirred = true; // A part begins without a pulse.
    this.add(inputs, null);
    if (this.atTick - this.packedAtTick >= ticksOf(this.world, RECORDED_WORLD_EVERY_MS)) this.addWorld();
    return true;
  }

  /** Takes nothing more, and says why. */
  end(why: RecordingEnd): void {
    if (this.ended !== null) return;
    this.cut();
    this.pack();
    this.ended = why;
    this.add(new Uint8Array(0), why);
  }

  /** An input was not taken: what was recorded of this part is left out, and the last part has no world. */
  fail(failure: unknown): void {
    if (this.ended !== null) return;
    this.ended = "failed";
    this.failure = failure;
    this.packed = null;
    this.atTick = this.firstTick;
    this.add(new Uint8Array(0), "failed");
  }

  pollParts(): RecordedPart[] {
    const { parts } = this;
    if (parts.length > 0) this.parts = [];
    return parts;
  }

  /** A part of its own: a world that waited for the next inputs would be a hundred kilobytes in memory for as long. */
  private addWorld(): void {
    this.pack();
    this.add(new Uint8Array(0), null);
  }

  private pack(): void {
    this.packed = packWorld(this.world);
    this.packedAtTick = this.world.tick;
  }

  private add(inputs: Uint8Array, end: RecordingEnd | null): void {
    const { firstTick, packed: world, atTick: lastTick } = this;
    this.parts.push({ number: this.nextNumber++, firstTick, lastTick, world, inputs, end });
    this.firstTick = lastTick;
    this.packed = null;
  }
}

function ticksOf({ rules }: World, ms: number): number {
  return (ms * rules.tickRateHz) / 1000;
}
