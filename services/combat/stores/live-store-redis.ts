/**
 * Live store in Redis: survives the death of every combat process, and is shared by all of them.
 * In:  LiveWrite.   Out: verdicts in the order of the writes.
 * Law: as live-store.ts says. All sessions of a call travel as one pipeline. A session whose keys are not what they
 *      should be rejects its call with their name; the others of that call are written all the same.
 * A session has no expiry while it lives; finish gives it one, and any later write, open or take removes it. So the
 * server must not evict (maxmemory-policy noeviction, or volatile-*).
 * Not here: the scripts and how the data lies (redis-live-scripts.ts), the connection (packages/ops/redis.ts).
 */
import type { Redis } from "ioredis";
import { assert } from "#kit/assert.ts";
import type { Log } from "#kit/log.ts";
import {
  LIVE_CALL_MS_MAX,
  LIVE_ENTRIES_PER_READ,
  LIVE_READ_BYTES,
  LIVE_SESSIONS_PER_SCRIPT,
  LIVE_TAKE_MS_MAX,
  LIVE_WAITING_BYTES_MAX,
} from "./limits.ts";
import type { Checkpoint, JournalEntry, KeptSession, LiveStore, LiveWrite, WriteVerdict } from "./live-store.ts";
import { RedisCalls } from "./redis-calls.ts";
import {
  type LiveRedis,
  type ScriptVerdict,
  WRITE_KEYS,
  type WriteArguments,
  withLiveScripts,
} from "./redis-live-scripts.ts";
import { StoreUnavailable } from "./session-store.ts";

export type RedisLiveStoreOptions = {
  /** The caller closes it, after the store. */
  readonly redis: Redis;
  readonly log: Log;
  readonly prefix?: string;
  readonly callMsMax?: number;
  readonly waitingBytesMax?: number;
};

export function createRedisLiveStore(options: RedisLiveStoreOptions): LiveStore {
  return new RedisLiveStore(options);
}

const VERDICTS: readonly (WriteVerdict | undefined)[] = [undefined, "kept", "fenced", "missing", "stale"];

class RedisLiveStore implements LiveStore {
  backAtMs = performance.now(); // What it went through before is not known.
  onBack = () => {};
  private readonly redis: LiveRedis;
  private readonly calls: RedisCalls;
  private readonly log: Log;
  private readonly prefix: string;
  private readonly waitingBytesMax: number;
  private readonly handleReady = () => {
    this.backAtMs = performance.now();
    this.onBack();
  };
  /** Of writes without an answer: those past their deadline too, for they still lie in the connection. */
  private waitingBytes = 0;

  constructor({ redis, log, prefix = "combat:", callMsMax, waitingBytesMax }: RedisLiveStoreOptions) {
    this.redis = withLiveScripts(redis);
    this.calls = new RedisCalls({ redis, msMax: callMsMax ?? LIVE_CALL_MS_MAX });
    this.log = log;
    this.prefix = prefix;
    this.waitingBytesMax = waitingBytesMax ?? LIVE_WAITING_BYTES_MAX;
    redis.on("ready", this.handleReady); // The connection is given ready: the next time is after it was away.
  }

  write(writes: readonly LiveWrite[]): Promise<WriteVerdict[]> {
    return this.writeAll("write", writes);
  }

  open(writes: readonly LiveWrite[]): Promise<WriteVerdict[]> {
    return this.writeAll("open", writes);
  }

  async take({ sessionId, epoch }: { sessionId: string; epoch: number }): Promise<KeptSession | "missing" | "fenced"> {
    const keys = this.keysOf(sessionId);
    const take = () => this.redis.liveTakeBuffer(...keys, wholeNumber(epoch));
    const kept = await this.calls.run(`take ${keys[0]}`, take, LIVE_TAKE_MS_MAX);
    if (typeof kept === "number") return kept === 2 ? "fenced" : "missing";
    // From here on nobody else writes the journal, so it may be read in steps.
    const [cur, curSeq, prev, prevSeq, published, gone] = kept;
    if (gone === 1) this.log.warn({ sessionId }, "Redis lost a session's journal; its checkpoint is left");
    return {
      checkpoint: checkpointOf(cur, curSeq),
      previous: checkpointOf(prev, prevSeq),
      entries: await this.readJournal(keys[1], prevSeq === null ? 0 : Number(prevSeq)),
      publishedSeq: Number(published ?? 0),
    };
  }

  async entries(sessionId: string, afterSeq: number): Promise<JournalEntry[]> {
    const [, journal] = this.keysOf(sessionId);
    return this.readPage(journal, afterSeq);
  }

  async read(sessionId: string, ageMsMax: number): Promise<Checkpoint | null> {
    const [state] = this.keysOf(sessionId);
    const [[cur, curSeq, at], [seconds]] = await this.calls.run(`read ${state}`, () =>
      Promise.all([this.redis.hmgetBuffer(state, "cur", "curSeq", "at"), this.redis.time()]),
    );
    const isOld = Buffer.isBuffer(at) && (Number(seconds) - Number(at)) * 1000 > ageMsMax;
    return isOld ? null : checkpointOf(cur, curSeq);
  }

  async finish({ sessionId, epoch, ms }: { sessionId: string; epoch: number; ms: number }): Promise<WriteVerdict> {
    const keys = this.keysOf(sessionId);
    const finish = () => this.redis.liveFinish(...keys, wholeNumber(epoch), wholeNumber(ms));
    return verdictOf(await this.calls.run(`finish ${keys[0]}`, finish));
  }

  close(): Promise<void> {
    this.redis.off("ready", this.handleReady);
    return this.calls.close();
  }

  private async writeAll(what: "write" | "open", writes: readonly LiveWrite[]): Promise<WriteVerdict[]> {
    if (writes.length === 0) return [];
    const bytes = writes.reduce((sum, write) => sum + bytesOf(write), 0);
    if (this.waitingBytes + bytes > this.waitingBytesMax) {
      throw new StoreUnavailable(`${what}: ${this.waitingBytes} bytes are waiting for Redis already`);
    }
    const verdicts = await this.calls.run(what, () => this.send(what, writes, bytes));
    const wrong = verdicts.filter((verdict) => typeof verdict === "string");
    if (wrong.length > 0) {
      throw new StoreUnavailable(`${what}: ${wrong[0]}${wrong.length > 1 ? `, and ${wrong.length - 1} more` : ""}`);
    }
    return verdicts.map(verdictOf);
  }

  /** One pipeline: one write to the socket, answers in order. */
  private async send(what: string, writes: readonly LiveWrite[], bytes: number): Promise<ScriptVerdict[]> {
    const pipeline = this.redis.pipeline();
    for (let start = 0; start < writes.length; start += LIVE_SESSIONS_PER_SCRIPT) {
      const part = writes.slice(start, start + LIVE_SESSIONS_PER_SCRIPT);
      const keys = part.flatMap(({ sessionId }) => this.keysOf(sessionId));
      pipeline.liveWrite(WRITE_KEYS * part.length, ...keys, what, ...part.flatMap(argumentsOf));
    }
    this.waitingBytes += bytes;
    const answers = await pipeline.exec().finally(() => {
      this.waitingBytes -= bytes;
    });
    return (answers ?? []).flatMap(([error, answer]) => {
      if (error !== null) throw error;
      return answer as ScriptVerdict[];
    });
  }

  /** The newest at least. */
  private async readJournal(journal: string, afterSeq: number): Promise<JournalEntry[]> {
    const entries: JournalEntry[] = [];
    let page = await this.readPage(journal, afterSeq, { newest: true });
    for (let last = page.at(-1); last !== undefined; last = page.at(-1)) {
      entries.push(...page);
      page = await this.readPage(journal, last.lastSeq);
    }
    return entries;
  }

  /** None when there is none left. */
  private async readPage(journal: string, afterSeq: number, { newest = false } = {}): Promise<JournalEntry[]> {
    const asked = [`${wholeNumber(afterSeq + 1)}-0`, LIVE_ENTRIES_PER_READ, LIVE_READ_BYTES, newest ? 1 : 0];
    const read = () => this.redis.liveEntriesBuffer(journal, ...asked);
    return (await this.calls.run(`entries ${journal}`, read, LIVE_TAKE_MS_MAX)).map(entryOf);
  }

  private keysOf(sessionId: string): readonly [state: string, journal: string] {
    const stem = `${this.prefix}{${sessionId}}`;
    return [`${stem}:state`, `${stem}:journal`];
  }
}

function argumentsOf({ epoch, entry, checkpoint, trimSeq, publishedSeq, afterSeq }: LiveWrite): WriteArguments {
  return [
    wholeNumber(epoch),
    entry === null ? "" : wholeNumber(entry.lastSeq),
    entry === null ? "" : bufferOf(entry.bytes),
    checkpoint === null ? "" : wholeNumber(checkpoint.lastSeq),
    checkpoint === null ? "" : bufferOf(checkpoint.bytes),
    trimSeq === null ? "" : wholeNumber(trimSeq),
    publishedSeq === null ? "" : wholeNumber(publishedSeq),
    afterSeq === null ? "" : wholeNumber(afterSeq),
  ];
}

/** The same memory: it is copied into the socket's buffer within this turn. */
function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function bytesOf({ entry, checkpoint }: LiveWrite): number {
  return (entry?.bytes.length ?? 0) + (checkpoint?.bytes.length ?? 0);
}

function wholeNumber(value: number): string {
  assert(Number.isSafeInteger(value) && value >= 0, "epochs, numbers of events and times are whole numbers");
  return String(value);
}

function entryOf([id, fields]: [id: Buffer, fields: Buffer[]]): JournalEntry {
  return { lastSeq: Number.parseInt(String(id), 10), bytes: fields[1]! };
}

function checkpointOf(bytes: unknown, lastSeq: unknown): Checkpoint | null {
  if (!Buffer.isBuffer(bytes) || !Buffer.isBuffer(lastSeq)) return null;
  return { lastSeq: Number(lastSeq), bytes };
}

function verdictOf(answer: ScriptVerdict): WriteVerdict {
  const verdict = VERDICTS[Number(answer)];
  assert(verdict !== undefined, "the scripts answer with one of four numbers");
  return verdict;
}
