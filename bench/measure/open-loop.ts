/**
 * Open loop: work at a rate, whatever becomes of it: what is late is made up for, so that a slow answer does not
 * lower the load that it is measured under.
 */
const BEAT_MS = 4;

export class OpenLoop {
  private perSecond = 0;
  private owed = 0;
  private atMs = performance.now();
  private readonly timer: NodeJS.Timeout;
  private readonly work: (count: number) => void;

  constructor(work: (count: number) => void, beatMs = BEAT_MS) {
    this.work = work;
    this.timer = setInterval(() => this.beat(), beatMs);
  }

  setRate(perSecond: number): void {
    this.perSecond = perSecond;
    this.owed = 0;
    this.atMs = performance.now();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private beat(): void {
    const nowMs = performance.now();
    this.owed += ((nowMs - this.atMs) / 1000) * this.perSecond;
    this.atMs = nowMs;
    const count = Math.floor(this.owed);
    this.owed -= count;
    if (count > 0) this.work(count);
  }
}
