/**
 * Memory record stores: records, claims, outbox and recordings by the law of their ports, for tests of the host. Keys are not kept.
 * `failuresLeft` makes that many updates reject. Not a test itself; test/contract runs the ports' contracts over it.
 */
import { isOver } from "#combat/session/lifecycle.ts";
import { OUTBOX_PENDING_ROWS_MAX } from "#combat/stores/limits.ts";
import {
  type Claim,
  type CreateOutcome,
  type Outbox,
  type OutboxRow,
  type RecordStores,
  type SessionClaims,
  type SessionRecord,
  type SessionStore,
  StoreUnavailable,
  type Told,
} from "#combat/stores/session-store.ts";
import { MemoryRecordings } from "./memory-recordings.ts";

export class MemoryRecordStores implements RecordStores {
  readonly records = new Map<string, SessionRecord>();
  /** What waits in the outbox, by session. */
  readonly told = new Map<string, OutboxRow[]>();
  /** Updates that were asked for, in order. */
  readonly updates: SessionRecord[] = [];
  /** Updates that are yet to reject, with nothing written. */
  failuresLeft = 0;
  /** Updates that are yet to be written and reject all the same: their answer is lost. */
  answersLost = 0;
  onStored: (record: SessionRecord) => void = () => {};
  /** Awaited by every update. */
  gate: Promise<void> = Promise.resolve();
  /** When rows of the outbox are written. */
  unixMs: () => number = () => 0;

  readonly recordingStore = new MemoryRecordings();

  readonly sessions: SessionStore = {
    create: (record, _key, told = []) => this.create(record, told),
    get: async (id) => structuredClone(this.records.get(id) ?? null),
    list: async () => structuredClone([...this.records.values()]),
    update: (record, told = []) => this.update(record, told),
  };

  readonly claims: SessionClaims = {
    unfinished: async () => this.unfinished(),
    claim: async (claims, newOwner) => this.claim(claims, newOwner),
    notOwned: async (ids, owner) => ids.filter((id) => this.records.get(id)?.owner !== owner),
  };

  readonly outbox: Outbox = {
    pending: async (sessionId) => {
      const rows = this.told.get(sessionId) ?? [];
      const last = rows[OUTBOX_PENDING_ROWS_MAX - 1];
      return structuredClone(rows.filter(({ version }) => last === undefined || version <= last.version));
    },
    settle: async (settled) => {
      for (const { sessionId, version } of settled) {
        const left = (this.told.get(sessionId) ?? []).filter((row) => row.version > version);
        if (left.length === 0) this.told.delete(sessionId);
        else this.told.set(sessionId, left);
      }
    },
    count: async () => [...this.told.values()].reduce((count, rows) => count + rows.length, 0),
  };

  async close(): Promise<void> {}

  private async create(record: SessionRecord, told: Told): Promise<CreateOutcome> {
    this.write(record, told);
    return { kind: "created" };
  }

  private async update(record: SessionRecord, told: Told): Promise<boolean> {
    this.updates.push(structuredClone(record));
    await this.gate;
    if (this.failuresLeft > 0) {
      this.failuresLeft -= 1;
      throw new StoreUnavailable("the store is away");
    }
    const stored = this.records.get(record.id);
    if (!stored || stored.version !== record.version - 1 || stored.epoch > record.epoch) {
      return JSON.stringify(stored) === JSON.stringify(record); // Asked again after its answer was lost.
    }
    this.write(record, told);
    if (this.answersLost > 0) {
      this.answersLost -= 1;
      throw new StoreUnavailable("the answer is lost");
    }
    this.onStored(record);
    return true;
  }

  private write(record: SessionRecord, told: Told): void {
    this.records.set(record.id, structuredClone(record));
    const rows = told.map((body) => ({ version: record.version, body, writtenAtMs: this.unixMs() }));
    if (rows.length > 0) this.told.set(record.id, [...(this.told.get(record.id) ?? []), ...structuredClone(rows)]);
  }

  private unfinished(): Claim[] {
    return [...this.records.values()]
      .filter(({ id, status }) => !isOver(status) || this.told.has(id))
      .sort((a, b) => a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : 1))
      .map(({ id, owner }) => ({ id, owner }));
  }

  private claim(claims: readonly Claim[], newOwner: string): SessionRecord[] {
    const claimed: SessionRecord[] = [];
    for (const [id, owner] of new Map(claims.map((claim) => [claim.id, claim.owner]))) {
      const record = this.records.get(id);
      if (record === undefined || record.owner !== owner) continue;
      Object.assign(record, { version: record.version + 1, epoch: record.epoch + 1, owner: newOwner });
      claimed.push(structuredClone(record));
    }
    return claimed;
  }
}
