/**
 * Copy writer: sessions as they go into the live store.
 * In:  sessions, and the events they are about to show.   Out: writes, and verdicts with what follows from them noted.
 * Law: a session's write is an entry (events, and what they changed), a checkpoint (the state), or whole (the state and
 *      the events that are not published and not kept yet); one that is degraded or not opened yet is always written whole,
 *      in parts where there are many events. What the store does not know is opened there, and where it has an older
 *      copy that is taken first, but for what another owner took meanwhile. Rejects with StoreUnavailable, nothing noted.
 */
import { Arena } from "#kit/arena.ts";
import type { Clock } from "#kit/clock.ts";
import type { Log } from "#kit/log.ts";
import type { Publisher } from "../events/publisher.ts";
import { REWRITE_EVENTS_MAX, REWRITE_PART_EVENTS, REWRITE_STATE_EVENTS } from "../limits.ts";
import { withDeadline } from "../stores/call-deadline.ts";
import { LIVE_CALL_MS_MAX } from "../stores/limits.ts";
import type { LiveStore, LiveWrite, WriteVerdict } from "../stores/live-store.ts";
import type { SessionClaims } from "../stores/session-store.ts";
import { encodeEntry, encodeState } from "../stores/state-codec.ts";
import { type Copy, degrade, type KeepVerdict, needsWhole } from "./copy.ts";
import type { Hosted } from "./hosted.ts";
import type { SessionEvent } from "./session-events.ts";
import { patchOf, stateOf } from "./state.ts";

export type CopyWriterParts = {
  live: LiveStore;
  claims: SessionClaims;
  publisher: Publisher;
  /** The run of this instance, as records name it. */
  owner: string;
  clock: Clock;
  log: Log;
};

export type Told = { readonly hosted: Hosted; readonly events: readonly SessionEvent[] };

export class CopyWriter {
  /** Since the start; for metrics. */
  readonly counts = { entries: 0, entryBytes: 0, checkpoints: 0, checkpointBytes: 0 };
  /** For the bytes of the next checkpoints; null while some are on their way. */
  private spare: Arena | null = null;
  private readonly parts: CopyWriterParts;

  constructor(parts: CopyWriterParts) {
    this.parts = parts;
  }

  writeEntries(told: readonly Told[]): Promise<KeepVerdict[]> {
    return this.writeEach(told, ({ copy }) => needsWhole(copy));
  }

  async writeCheckpoints(some: readonly { hosted: Hosted }[]): Promise<KeepVerdict[]> {
    const sessions = some.map(({ hosted }) => hosted);
    const arena = this.spare ?? new Arena();
    this.spare = null;
    const writes = sessions.map((hosted) => this.checkpointWrite(hosted, arena));
    const verdicts = await this.write(sessions, writes);
    arena.reset();
    this.spare = arena; // Not after a failure: the store may still hold on to what it was given.
    return verdicts;
  }

  /** "degraded" where a part is left. */
  writeWhole(some: readonly { hosted: Hosted }[]): Promise<KeepVerdict[]> {
    const told = some.map(({ hosted }) => ({ hosted, events: [] }));
    return this.writeEach(told, () => true);
  }

  private async writeEach(told: readonly Told[], isWhole: (hosted: Hosted) => boolean): Promise<KeepVerdict[]> {
    const whole = told.filter(({ hosted }) => isWhole(hosted));
    const waiting = this.waitingOf(whole);
    const fits = newRoom();
    const writes = told.map(({ hosted, events }) => {
      if (!isWhole(hosted)) return this.entryWrite(hosted, events);
      const part = partOf([...(waiting.get(hosted.session.id) ?? []), ...events]);
      return isFirst(hosted.copy) || fits(part) ? this.wholeWrite(hosted, part) : null;
    });
    const sessions = told.flatMap(({ hosted }, index) => (writes[index] === null ? [] : [hosted]));
    const verdicts = (
      await this.write(
        sessions,
        writes.filter((write) => write !== null),
      )
    ).values();
    return told.map(({ hosted }, index) => {
      const write = writes[index] ?? null;
      const verdict = write === null ? "degraded" : verdicts.next().value!;
      const isLeft = write === null || (verdict === "kept" && isPart(write));
      return isLeft ? degrade(hosted) : verdict;
    });
  }

  /** What these sessions have in memory that is neither published nor kept. One look at all that waits is enough. */
  private waitingOf(told: readonly Told[]): ReadonlyMap<string, readonly SessionEvent[]> {
    if (told.length === 0) return new Map();
    const above = told.map(({ hosted: { session, copy } }) => [session.id, copy.opened ? copy.keptSeq : 0] as const);
    return this.parts.publisher.unpublished(new Map(above));
  }

  private entryWrite(hosted: Hosted, events: readonly SessionEvent[]): LiveWrite {
    const { session, copy } = hosted;
    const patch = patchOf(session, events);
    const lastSeq = session.seqOfLastEvent;
    if (patch !== null) {
      const bytes = encodeEntry({ events, after: { patch } });
      return this.writeOf(hosted, { lastSeq, bytes }, null);
    }
    const state = stateOf(session);
    session.damageAnswers.pollFresh(); // All of them are in the state.
    session.pollUnkept(copy.known);
    const entry = { lastSeq, bytes: encodeEntry({ events, after: { state } }, copy.known) };
    // Whoever reads the session elsewhere should see a change of its record at once.
    return this.writeOf(hosted, entry, { lastSeq, bytes: encodeState(state, { known: copy.known }) });
  }

  private writeOf(
    { session, copy }: Hosted,
    entry: LiveWrite["entry"],
    checkpoint: LiveWrite["checkpoint"],
  ): LiveWrite {
    const { id: sessionId, epoch } = session;
    const publishedSeq = this.parts.publisher.publishedSeq(sessionId);
    const afterSeq = copy.opened ? copy.keptSeq : null;
    this.count(entry, checkpoint);
    return { sessionId, epoch, afterSeq, entry, checkpoint, trimSeq: null, publishedSeq };
  }

  private checkpointWrite(hosted: Hosted, arena: Arena): LiveWrite {
    const { session, copy } = hosted;
    const state = stateOf(session);
    const lastSeq = session.seqOfLastEvent;
    session.pollUnkept(copy.known);
    const bytes = encodeState(state, { arena, known: copy.known });
    const write = this.writeOf(hosted, null, { lastSeq, bytes });
    // What comes after the checkpoint before stays: should the newest be unreadable, the one before goes on with it.
    // Of the same event it may be the very same, and then the store leaves the one before as it is.
    const beforeSeq = lastSeq > copy.checkpointSeq ? copy.checkpointSeq : copy.previousSeq;
    return { ...write, trimSeq: Math.min(beforeSeq, write.publishedSeq ?? 0) };
  }

  private async write(sessions: readonly Hosted[], writes: readonly LiveWrite[]): Promise<KeepVerdict[]> {
    const verdicts = await this.writeOrOpen(sessions, writes);
    sessions.forEach((hosted, index) => {
      this.note(hosted, writes[index]!, verdicts[index]!);
    });
    return verdicts;
  }

  private async writeOrOpen(sessions: readonly Hosted[], writes: readonly LiveWrite[]): Promise<KeepVerdict[]> {
    const { live } = this.parts;
    const isOpen = (index: number) => sessions[index]!.copy.opened;
    const known = writes.filter((_, index) => isOpen(index));
    const fresh = writes.filter((_, index) => !isOpen(index));
    const [written, opened] = await Promise.all([
      known.length === 0 ? [] : live.write(known),
      fresh.length === 0 ? [] : live.open(fresh),
    ]);
    const verdicts = [...written, ...opened];
    const byId = new Map([...known, ...fresh].map(({ sessionId }, index) => [sessionId, verdicts[index]]));
    const lost = sessions.filter(({ session }) => isLost(byId.get(session.id)));
    const stale = lost.filter(({ session }) => byId.get(session.id) === "stale");
    if (lost.length > 0) for (const id of await this.handleLost(lost, stale)) byId.set(id, "fenced");
    return sessions.map(({ session }) => {
      const verdict = byId.get(session.id);
      return verdict === "kept" || verdict === "fenced" ? verdict : "degraded";
    });
  }

  /** The live store lost these sessions, or their newest part. Those still ours by the records are written again. */
  private async handleLost(lost: readonly Hosted[], stale: readonly Hosted[]): Promise<Set<string>> {
    const { claims, owner, log } = this.parts;
    const ids = lost.map(({ session }) => session.id);
    // Events wait for this answer: no longer than for the live store's.
    const asking = { what: "whose sessions these are", msMax: LIVE_CALL_MS_MAX };
    const moved = new Set(await withDeadline(asking, claims.notOwned(ids, owner)));
    const isOurs = ({ session }: Hosted) => !moved.has(session.id);
    for (const hosted of lost) if (isOurs(hosted) && !stale.includes(hosted)) hosted.copy.opened = false;
    const taking = { what: "taking older copies", msMax: LIVE_CALL_MS_MAX };
    const taken = stale.filter(isOurs).map((hosted) => this.takeOlder(hosted, moved));
    await withDeadline(taking, Promise.all(taken));
    log.warn(
      { sessions: ids.length, older: stale.length, moved: moved.size },
      "the live store lost sessions; those still ours are rewritten",
    );
    return moved;
  }

  /** What is there is as it was at some time before: what came after it is written behind it. */
  private async takeOlder({ session, copy }: Hosted, moved: Set<string>): Promise<void> {
    const { id: sessionId, epoch } = session;
    // Nothing was shown yet that is not there: whoever finds it next, here or elsewhere, goes on with that.
    if (isFirst(copy)) return void moved.add(sessionId);
    const found = await this.parts.live.take({ sessionId, epoch });
    if (found === "fenced") return void moved.add(sessionId);
    copy.opened = found !== "missing";
    if (found !== "missing") copy.keptSeq = Math.max(found.publishedSeq, found.entries.at(-1)?.lastSeq ?? 0);
  }

  /** The state now, and the first of the events that are not there. */
  private wholeWrite(hosted: Hosted, events: readonly SessionEvent[]): LiveWrite {
    const { session } = hosted;
    const state = stateOf(session);
    const lastSeq = session.seqOfLastEvent;
    const last = events.at(-1);
    const entry = last === undefined ? null : { lastSeq: last.seq, bytes: encodeEntry({ events, after: { state } }) };
    return this.writeOf(hosted, entry, { lastSeq, bytes: encodeState(state) });
  }

  private note(hosted: Hosted, write: LiveWrite, verdict: KeepVerdict): void {
    const { copy } = hosted;
    if (verdict === "degraded") degrade(hosted);
    if (verdict !== "kept") return;
    copy.keptSeq = copy.opened ? Math.max(copy.keptSeq, reachOf(write)) : reachOf(write);
    copy.opened = true;
    copy.ends = false; // Whatever is written lives on.
    if (write.checkpoint === null) return;
    // While degraded every write is whole, so one that reaches as far has all that was shown.
    if (copy.degradedSeq !== null && reachOf(write) >= copy.degradedSeq) copy.degradedSeq = null;
    copy.checkpointAtMs = this.parts.clock.nowMs();
    if (write.checkpoint.lastSeq <= copy.checkpointSeq) return;
    copy.previousSeq = copy.checkpointSeq;
    copy.checkpointSeq = write.checkpoint.lastSeq;
  }

  private count(entry: LiveWrite["entry"], checkpoint: LiveWrite["checkpoint"]): void {
    const { counts } = this;
    if (entry !== null) {
      counts.entries += 1;
      counts.entryBytes += entry.bytes.length;
    }
    if (checkpoint !== null) {
      counts.checkpoints += 1;
      counts.checkpointBytes += checkpoint.bytes.length;
    }
  }
}

/** Up to which event everything is kept once this is. */
function reachOf({ entry, checkpoint }: LiveWrite): number {
  return entry?.lastSeq ?? checkpoint?.lastSeq ?? 0;
}

function isPart({ entry, checkpoint }: LiveWrite): boolean {
  return entry !== null && checkpoint !== null && entry.lastSeq < checkpoint.lastSeq;
}

function isLost(verdict: WriteVerdict | undefined): boolean {
  return verdict === "missing" || verdict === "stale";
}

/** Nothing of it was shown that the live store may not have. */
function isFirst({ opened, degradedSeq }: Copy): boolean {
  return !opened && degradedSeq === null;
}

/** The first of these events. Given again after a late answer, with more behind them, the part ends no earlier. */
function partOf(events: readonly SessionEvent[]): readonly SessionEvent[] {
  const [first] = events;
  return first === undefined ? events : events.filter(({ seq }) => seq < first.seq + REWRITE_PART_EVENTS);
}

/** Tells of one session after the other whether there is room for it in a call; there is for the first. */
function newRoom(): (events: readonly SessionEvent[]) => boolean {
  let taken = 0;
  return ({ length }) => {
    if (taken > 0 && taken + length + REWRITE_STATE_EVENTS > REWRITE_EVENTS_MAX) return false;
    taken += length + REWRITE_STATE_EVENTS;
    return true;
  };
}
