/**
 * Events as an append-only file, one JSON line each: {"topic","key","event_id","event_type","value"}.
 * In:  events whose values are JSON already; they go into their lines as they are.
 * Law: what waits while a write is under way leaves with the next one, as one write and one fdatasync for all of it;
 *      a call resolves after that sync, so its events outlast a power cut. A line that a crash tore off is cut away
 *      at start, and after a failed write at once: nobody was told that it is stored.
 * The file grows until the disk is full; then calls reject with StoreUnavailable and nothing else happens.
 * One process at a time writes the file; readers may follow it while it grows.
 */
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { assert } from "#kit/assert.ts";
import { withDeadline } from "./call-deadline.ts";
import type { EventSink, OutgoingEvent } from "./event-sink.ts";
import { lockFile } from "./file-lock.ts";
import { SINK_BATCH_BYTES_MAX, SINK_TAIL_BLOCK_BYTES, SINK_WAITING_BYTES_MAX, STORE_CALL_MS_MAX } from "./limits.ts";
import { StoreUnavailable } from "./session-store.ts";

export type FileSinkOptions = {
  readonly path: string;
  readonly waitingBytesMax?: number;
  /** The file to write to instead of the real one at `path`; for tests of failing disks. */
  readonly openFile?: (path: string) => Promise<AppendFile>;
};

/** What the sink needs of a file; a FileHandle has it. */
export type AppendFile = Pick<FileHandle, "stat" | "read" | "write" | "truncate" | "datasync" | "close">;

type Waiting = { readonly lines: Buffer; readonly resolve: () => void; readonly reject: (error: Error) => void };

/** Opens or makes the file and cuts off a torn last line. Rejects with FileInUse when another process writes it. */
export async function openFileEventSink(options: FileSinkOptions): Promise<EventSink> {
  await mkdir(dirname(options.path), { recursive: true });
  const lock = await lockFile(`${options.path}.lock`);
  try {
    const file = await (options.openFile ?? openForAppending)(options.path);
    const size = await cutTornLine(file);
    const sink = new FileEventSink({ file, size, waitingBytesMax: options.waitingBytesMax ?? SINK_WAITING_BYTES_MAX });
    return {
      publish: (events) => sink.publish(events),
      close: async () => {
        try {
          await sink.close();
        } finally {
          await lock.release();
        }
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Not with flag "a": positions must be ours, so that a failed write is written over. "r+" does not create. */
async function openForAppending(path: string): Promise<AppendFile> {
  const created = await open(path, "a", 0o640);
  await created.close();
  return open(path, "r+");
}

/** Truncates behind the last line break; resolves to the size that is left. */
async function cutTornLine(file: AppendFile): Promise<number> {
  const { size } = await file.stat();
  const block = Buffer.alloc(SINK_TAIL_BLOCK_BYTES);
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - block.length);
    const { bytesRead } = await file.read(block, 0, end - start, start);
    const lineBreak = block.subarray(0, bytesRead).lastIndexOf(0x0a);
    if (lineBreak >= 0) return truncated(file, { from: size, to: start + lineBreak + 1 });
    end = start;
  }
  return truncated(file, { from: size, to: 0 });
}

async function truncated(file: AppendFile, { from, to }: { from: number; to: number }): Promise<number> {
  if (to < from) await file.truncate(to);
  return to;
}

class FileEventSink implements EventSink {
  private readonly file: AppendFile;
  private readonly waitingBytesMax: number;
  /** Bytes that are known to be whole lines; the next write begins here. */
  private size: number;
  /** A failed write may have left something behind `size`; it must go before anything is written again. */
  private ragged = false;
  private waiting: Waiting[] = [];
  private waitingBytes = 0;
  private writing: Promise<void> | null = null;
  private closed = false;

  constructor({ file, size, waitingBytesMax }: { file: AppendFile; size: number; waitingBytesMax: number }) {
    this.file = file;
    this.size = size;
    this.waitingBytesMax = waitingBytesMax;
  }

  async publish(events: readonly OutgoingEvent[]): Promise<void> {
    if (events.length === 0) return;
    if (this.closed) throw new StoreUnavailable("publish: the event file is closed");
    const lines = Buffer.concat(events.flatMap(partsOfLine));
    if (this.waitingBytes + lines.length > this.waitingBytesMax) {
      throw new StoreUnavailable(`publish: ${this.waitingBytes} bytes are waiting for the event file already`);
    }
    const durable = new Promise<void>((resolve, reject) => {
      this.waiting.push({ lines, resolve, reject });
    });
    this.waitingBytes += lines.length;
    this.writing ??= this.writeAll();
    await withDeadline({ what: "publish", msMax: STORE_CALL_MS_MAX }, durable);
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.writing;
    await this.file.close();
  }

  /** Writes batch after batch until nothing waits. Never rejects: each call hears of its own batch. */
  private async writeAll(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.takeBatch();
      const bytes = batch.length === 1 ? batch[0]!.lines : Buffer.concat(batch.map(({ lines }) => lines));
      try {
        await this.append(bytes);
        for (const { resolve } of batch) resolve();
      } catch (cause) {
        this.ragged = true;
        await this.cutBack();
        const error = new StoreUnavailable("publish: the event file cannot be written", { cause });
        for (const { reject } of batch) reject(error);
      }
      this.waitingBytes -= bytes.length;
    }
    this.writing = null;
  }

  private takeBatch(): Waiting[] {
    let bytes = 0;
    let count = 0;
    while (count < this.waiting.length && (count === 0 || bytes < SINK_BATCH_BYTES_MAX)) {
      bytes += this.waiting[count]?.lines.length ?? 0;
      count += 1;
    }
    return this.waiting.splice(0, count);
  }

  private async append(bytes: Buffer): Promise<void> {
    if (this.ragged) await this.file.truncate(this.size);
    this.ragged = false;
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.file.write(bytes, done, bytes.length - done, this.size + done);
      if (bytesWritten === 0) throw new Error("nothing was written");
      done += bytesWritten;
    }
    await this.file.datasync();
    this.size += bytes.length;
  }

  /** Takes half a batch away at once, so that readers and a crash meet whole lines. */
  private async cutBack(): Promise<void> {
    try {
      await this.file.truncate(this.size);
      this.ragged = false;
    } catch {
      // Callers hear the write's own error; the next write begins with this again.
    }
  }
}

const LINE_END = Buffer.from("}\n");

function partsOfLine({ topic, key, eventId, eventType, value, contentType }: OutgoingEvent): Uint8Array[] {
  assert(contentType === "application/json", "the event file holds JSON");
  const before = JSON.stringify({ topic, key, event_id: eventId, event_type: eventType });
  return [Buffer.from(`${before.slice(0, -1)},"value":`), value, LINE_END];
}
