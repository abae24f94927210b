/**
 * Bot loop: one timer that lets every bot of the process think at its rate.
 * Law: phases are spread over the period, so that bots do not all send in one millisecond; a late beat is not made
 *      up for, since positions of the past help nobody.
 */
type Thinker = { think(nowMs: number): void };

/** Beats per period: how finely phases are spread. */
const BEATS_PER_PERIOD = 8;
const BEAT_MS_MIN = 2;

export class BotLoop {
  private readonly periodMs: number;
  private readonly dueMs = new Map<Thinker, number>();
  private readonly timer: ReturnType<typeof setInterval>;
  private added = 0;

  constructor(rateHz: number) {
    this.periodMs = 1000 / rateHz;
    this.timer = setInterval(
      () => this.beat(performance.now()),
      Math.max(BEAT_MS_MIN, this.periodMs / BEATS_PER_PERIOD),
    );
  }

  add(bot: Thinker): void {
    const phase = (this.added++ % BEATS_PER_PERIOD) / BEATS_PER_PERIOD;
    this.dueMs.set(bot, performance.now() + phase * this.periodMs);
  }

  remove(bot: Thinker): void {
    this.dueMs.delete(bot);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private beat(nowMs: number): void {
    for (const [bot, dueMs] of this.dueMs) {
      if (nowMs < dueMs) continue;
      bot.think(nowMs);
      this.dueMs.set(bot, Math.max(dueMs + this.periodMs, nowMs));
    }
  }
}
