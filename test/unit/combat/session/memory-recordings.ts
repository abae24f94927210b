/**
 * Memory recordings: parts by the law of their port, for tests of who writes and reads them. `away` makes every call reject,
 * `gate` is awaited by every one. Not a test itself; test/contract runs the port's contract over it.
 */
import type { RecordingStore, StoredPart } from "#combat/stores/recording-store.ts";
import { StoreUnavailable } from "#combat/stores/session-store.ts";

type Written = StoredPart & { readonly atMs: number };

export class MemoryRecordings implements RecordingStore {
  away = false;
  gate: Promise<void> = Promise.resolve();
  appends = 0;
  unixMs: () => number = () => 0;
  private written: Written[] = [];

  async append(parts: readonly StoredPart[]): Promise<void> {
    await this.answer();
    this.appends += 1;
    for (const part of parts) {
      const has = this.of(part.sessionId).some((kept) => kept.epoch === part.epoch && kept.number === part.number);
      if (!has) this.written.push({ ...part, content: Buffer.from(part.content), atMs: this.unixMs() });
    }
  }

  async list(sessionId: string): ReturnType<RecordingStore["list"]> {
    await this.answer();
    const parts = this.of(sessionId);
    const heads = parts.map(({ epoch, number, firstTick, lastTick, end }) => ({
      epoch,
      number,
      firstTick,
      lastTick,
      end,
    }));
    return { parts: heads, bytes: parts.reduce((sum, { content }) => sum + content.length, 0) };
  }

  async read(sessionId: string, from: { epoch: number; number: number }, bytesMax: number): Promise<StoredPart[]> {
    await this.answer();
    const found: StoredPart[] = [];
    let bytes = 0;
    for (const { atMs: _, ...part } of this.of(sessionId)) {
      if (part.epoch < from.epoch || (part.epoch === from.epoch && part.number < from.number)) continue;
      if (bytes >= bytesMax) break;
      found.push(part);
      bytes += part.content.length;
    }
    return found;
  }

  async deleteOld(beforeUnixMs: number, recordingsMax: number): Promise<number> {
    await this.answer();
    const newest = new Map<string, number>();
    for (const { sessionId, atMs } of this.written) newest.set(sessionId, Math.max(newest.get(sessionId) ?? 0, atMs));
    const old = [...newest].filter(([, atMs]) => atMs < beforeUnixMs).sort(([, one], [, other]) => one - other);
    const gone = new Set(old.slice(0, recordingsMax).map(([id]) => id));
    this.written = this.written.filter(({ sessionId }) => !gone.has(sessionId));
    return gone.size;
  }

  private of(sessionId: string): Written[] {
    const own = this.written.filter((part) => part.sessionId === sessionId);
    return own.sort((one, other) => one.epoch - other.epoch || one.number - other.number);
  }

  private async answer(): Promise<void> {
    await this.gate;
    if (this.away) throw new StoreUnavailable("away");
  }
}
