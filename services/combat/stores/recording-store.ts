/**
 * Recording store: what went into matches, in parts, for as long as the operator keeps it.
 * Order: parts of one session come back by epoch and number, whatever order they were written in. Atomicity: each call is
 * one transaction. Loss: what a call resolved for is durable; a rejected call changed nothing or is unknown, and may be
 * asked again. Every call rejects with StoreUnavailable when the store is away or slower than its deadline.
 * Not here: what is in a part (recording-codec.ts).
 */
import type { RecordingEnd } from "../sim/recorder.ts";

export type PartHead = {
  readonly epoch: number;
  /** From 0 in each epoch. */
  readonly number: number;
  readonly firstTick: number;
  readonly lastTick: number;
  /** Of the last part of an epoch alone. */
  readonly end: RecordingEnd | null;
};

export type StoredPart = PartHead & { readonly sessionId: string; readonly content: Uint8Array };

export type RecordingStore = {
  /** One that is there already stays as it is. */
  append(parts: readonly StoredPart[]): Promise<void>;
  /** What is kept of a session, and how many bytes it is; empty when nothing is. */
  list(sessionId: string): Promise<{ parts: PartHead[]; bytes: number }>;
  /** From a part on, itself included, until these are so many bytes: at least one, if there is one. */
  read(sessionId: string, from: { epoch: number; number: number }, bytesMax: number): Promise<StoredPart[]>;
  /** Takes recordings out to which nothing was added since then, oldest first, at most so many; resolves to how many. */
  deleteOld(beforeUnixMs: number, recordingsMax: number): Promise<number>;
};
