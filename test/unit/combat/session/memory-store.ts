/** Memory store: records by the law of the port, for tests of the host; `failuresLeft` makes the next updates reject. Not a test itself. */
import type { CreateOutcome, SessionRecord, SessionStore } from "#combat/stores/session-store.ts";
import { StoreUnavailable } from "#combat/stores/session-store.ts";

export class MemoryStore implements SessionStore {
  readonly records = new Map<string, SessionRecord>();
  /** Updates that were asked for, in order. */
  readonly updates: SessionRecord[] = [];
  failuresLeft = 0;
  onStored: (record: SessionRecord) => void = () => {};
  /** Awaited by every update. */
  gate: Promise<void> = Promise.resolve();

  async create(record: SessionRecord): Promise<CreateOutcome> {
    this.records.set(record.id, structuredClone(record));
    return { kind: "created" };
  }

  async get(id: string): Promise<SessionRecord | null> {
    return structuredClone(this.records.get(id) ?? null);
  }

  async list(): Promise<SessionRecord[]> {
    return [...this.records.values()];
  }

  async update(record: SessionRecord): Promise<boolean> {
    this.updates.push(structuredClone(record));
    await this.gate;
    if (this.failuresLeft > 0) {
      this.failuresLeft -= 1;
      throw new StoreUnavailable("the store is away");
    }
    const stored = this.records.get(record.id);
    if (!stored || stored.version !== record.version - 1 || stored.epoch > record.epoch) return false;
    this.records.set(record.id, structuredClone(record));
    this.onStored(record);
    return true;
  }

  async unfinished(): Promise<SessionRecord[]> {
    return [...this.records.values()].filter(({ status }) => ["waiting", "active", "paused"].includes(status));
  }

  async close(): Promise<void> {}
}
