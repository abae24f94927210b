/**
 * Wheel: the deadlines of many, so that one timer serves them all.
 * In:  entries with a due time, and the time.   Out: the entries whose time has come.
 * Law: an entry is in at most one slot; putting it in, moving it and taking it out cost the same whatever the number;
 *      each is given out within one step of its time, and once a lap at the latest.
 * Not here: the timer, what is due.
 */
import { assert } from "./assert.ts";

/** What a wheel carries; the wheel alone writes these. */
export type WheelEntry = {
  /** -1 while in no slot. */
  wheelSlot: number;
};

export class Wheel<Entry extends WheelEntry> {
  private readonly slots: Set<Entry>[];
  private readonly stepMs: number;
  private turnedStep: number;

  /** A lap is `stepMs * slotCount`. */
  constructor(nowMs: number, { stepMs, slotCount }: { stepMs: number; slotCount: number }) {
    assert(stepMs > 0 && slotCount > 1, "a wheel has a step and slots");
    this.slots = Array.from({ length: slotCount }, () => new Set());
    this.stepMs = stepMs;
    this.turnedStep = Math.floor(nowMs / stepMs);
  }

  /** Puts the entry in, or moves it. Beyond one lap it comes at the lap's end and is put in again. */
  schedule(entry: Entry, dueMs: number): void {
    const dueStep = Math.ceil(Math.min(dueMs / this.stepMs, Number.MAX_SAFE_INTEGER));
    const stepsAhead = Math.min(Math.max(1, dueStep - this.turnedStep), this.slots.length - 1);
    const slot = (this.turnedStep + stepsAhead) % this.slots.length;
    if (entry.wheelSlot === slot) return;
    this.remove(entry);
    entry.wheelSlot = slot;
    this.slots[slot]?.add(entry);
  }

  remove(entry: Entry): void {
    if (entry.wheelSlot >= 0) this.slots[entry.wheelSlot]?.delete(entry);
    entry.wheelSlot = -1;
  }

  /** When something may be due next; infinity when nothing is in it. */
  nextMs(): number {
    for (let ahead = 1; ahead < this.slots.length; ahead++) {
      const step = this.turnedStep + ahead;
      if (this.slots[step % this.slots.length]!.size > 0) return step * this.stepMs;
    }
    return Number.POSITIVE_INFINITY;
  }

  /** Takes out what is due. After a stall that is everything the skipped steps held. */
  pollDue(nowMs: number): Entry[] {
    const step = Math.floor(nowMs / this.stepMs);
    const due: Entry[] = [];
    const firstStep = Math.max(this.turnedStep + 1, step - this.slots.length + 1);
    for (let passed = firstStep; passed <= step; passed++) {
      const at = passed % this.slots.length;
      const slot = this.slots[at];
      if (slot === undefined || slot.size === 0) continue;
      for (const entry of slot) {
        entry.wheelSlot = -1;
        due.push(entry);
      }
      this.slots[at] = new Set(); // Cleared, it would hold on to what was in it once it is old.
    }
    this.turnedStep = Math.max(this.turnedStep, step);
    return due;
  }
}
