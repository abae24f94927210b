/**
 * Repeating: does something again and again, one after the other.
 * In:  what to do and how often.   Out: nothing; `stop` waits for what is under way.
 * Law: never beside itself: while one turn waits for something slow, the turns that fall due are left out. It keeps no
 *      process alive. What it does says itself what went wrong; it never rejects.
 */
export class Repeating {
  private timer: NodeJS.Timeout | null = null;
  private underway: Promise<void> | null = null;
  private readonly run: () => Promise<void>;

  constructor(run: () => Promise<void>) {
    this.run = run;
  }

  start(everyMs: number): void {
    this.timer ??= setInterval(() => {
      this.underway ??= this.run().finally(() => {
        this.underway = null;
      });
    }, everyMs);
    this.timer.unref();
  }

  async stop(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    await this.underway;
  }
}
