/**
 * Sleep: notices that this process did not run for so long that others may have taken its sessions, and holds
 * everything back until it is known whose they are.
 * In:  the time, a few times a second and before anything is shown.   Out: whether something may be shown.
 * Law: after a sleep nothing may be shown before `ask` was answered, and asked after the last sleep.
 * Not here: whom to ask (keeper.ts).
 */
import { ASLEEP_MS } from "../limits.ts";

export type SleepListener = {
  handleAsleep(ms: number): void;
  /** Finds out whose the sessions are, and drops those of others. Never rejects. */
  ask(): Promise<void>;
  handleAwake(): void;
};

export class Sleep {
  private turnedAtMs: number;
  /** Counts sleeps. */
  private sleeps = 0;
  private waking: Promise<void> | null = null;
  private readonly listener: SleepListener;

  constructor(nowMs: number, listener: SleepListener) {
    this.turnedAtMs = nowMs;
    this.listener = listener;
  }

  /** A turn of the event loop comes a few times a second, unless the process sleeps. */
  handleTurn(nowMs: number): void {
    this.notice(nowMs);
    this.turnedAtMs = nowMs;
  }

  isAwake(nowMs: number): boolean {
    this.notice(nowMs);
    return this.waking === null;
  }

  /** Resolves when it is known whose the sessions are. */
  async end(): Promise<void> {
    await this.waking;
  }

  private notice(nowMs: number): void {
    const ms = nowMs - this.turnedAtMs;
    if (ms <= ASLEEP_MS) return;
    this.turnedAtMs = nowMs;
    this.sleeps += 1;
    this.listener.handleAsleep(ms);
    this.waking ??= this.wake();
  }

  /** An answer that was asked for before the newest sleep says nothing. */
  private async wake(): Promise<void> {
    for (let sleeps = 0; sleeps !== this.sleeps; ) {
      sleeps = this.sleeps;
      await this.listener.ask();
    }
    this.waking = null;
    this.listener.handleAwake();
  }
}
