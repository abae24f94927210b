/**
 * Settle: lets go of what is done with.
 * In:  sessions.   Out: outbox rows taken out whose events are published; sessions that are final given up in the live
 *      store, and marked as finished.
 * Order: what is over gets an end in the live store before its last row is taken out. Whoever dies in between leaves rows,
 *      by which the session is found, or a copy that goes by itself; never a copy that nobody looks for.
 * Rejects when a store is away; what is left is settled the next time.
 */
import type { Publisher } from "../events/publisher.ts";
import { OVER_IN_LIVE_STORE_MS, OVER_UNSETTLED_MS } from "../limits.ts";
import type { LiveStore } from "../stores/live-store.ts";
import type { Outbox } from "../stores/session-store.ts";
import { type Copy, isKeptWhole } from "./copy.ts";
import type { Hosted } from "./hosted.ts";
import { isOver } from "./lifecycle.ts";

export type SettleParts = { outbox: Outbox; publisher: Publisher; live: LiveStore };

/** What settling needs of a session, whether it is still hosted or not. */
export type Settling = {
  readonly sessionId: string;
  readonly epoch: number;
  readonly lastSeq: number;
  readonly copy: Copy;
  readonly stage: "goes on" | "is over" | "is over and kept";
};

export function settlingOf(hosted: Hosted): Settling {
  const { session, copy } = hosted;
  const stage = isKeptWhole(hosted) ? "is over and kept" : isOver(session.status) ? "is over" : "goes on";
  return { sessionId: session.id, epoch: session.epoch, lastSeq: session.seqOfLastEvent, copy, stage };
}

/** The end in the live store that holds until the last row is taken out. */
export async function finishPublished(all: readonly Settling[], { publisher, live }: SettleParts): Promise<void> {
  for (const { sessionId, epoch, lastSeq, copy, stage } of all) {
    if (copy.ends || stage !== "is over and kept" || publisher.publishedSeq(sessionId) < lastSeq) continue;
    await live.finish({ sessionId, epoch, ms: OVER_UNSETTLED_MS });
    copy.ends = true;
  }
}

export async function settleRows(all: readonly Settling[], { outbox, publisher }: SettleParts): Promise<void> {
  const published = all.flatMap(({ sessionId, copy, stage }) => {
    const { unsettled } = copy;
    const isPublished = unsettled !== null && publisher.publishedSeq(sessionId) >= unsettled.seq;
    const mayGo = stage === "goes on" || copy.ends;
    return isPublished && mayGo ? [{ copy, unsettled, sessionId, version: unsettled.version }] : [];
  });
  if (published.length === 0) return;
  await outbox.settle(published.map(({ sessionId, version }) => ({ sessionId, version })));
  // Something else may have been told meanwhile.
  for (const { copy, unsettled } of published) if (copy.unsettled === unsettled) copy.unsettled = null;
}

export async function finishSettled(all: readonly Settling[], { live }: SettleParts): Promise<void> {
  for (const { sessionId, epoch, copy } of all) {
    if (copy.finished || !copy.ends || copy.unsettled !== null) continue;
    await live.finish({ sessionId, epoch, ms: OVER_IN_LIVE_STORE_MS });
    copy.finished = true;
  }
}
