/** Mailbox: what came, in order, for tests that await events instead of sleeping. */

const WAIT_MS_MAX = 5_000;

type Waiter<T> = { readonly matches: (item: T) => boolean; readonly resolve: (item: T) => void };

export class Mailbox<T> {
  /** Everything that came and was not taken. */
  readonly waiting: T[] = [];
  private readonly waiters: Waiter<T>[] = [];
  private readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  put(item: T): void {
    const index = this.waiters.findIndex((waiter) => waiter.matches(item));
    const [waiter] = index < 0 ? [] : this.waiters.splice(index, 1);
    if (waiter === undefined) this.waiting.push(item);
    else waiter.resolve(item);
  }

  /** Takes the first item, there already or still to come, that matches. */
  take(matches: (item: T) => boolean = () => true): Promise<T> {
    const index = this.waiting.findIndex(matches);
    if (index >= 0) return Promise.resolve(this.waiting.splice(index, 1)[0] as T);
    return new Promise((resolve, reject) => {
      const giveUp = setTimeout(() => {
        const shown = JSON.stringify(this.waiting, (_, value) => (typeof value === "bigint" ? String(value) : value));
        reject(
          new Error(`${this.name}: nothing that matches within ${WAIT_MS_MAX} ms; there is ${shown.slice(0, 800)}`),
        );
      }, WAIT_MS_MAX);
      const resolveInTime = (item: T) => {
        clearTimeout(giveUp);
        resolve(item);
      };
      this.waiters.push({ matches, resolve: resolveInTime });
    });
  }
}
