/**
 * Judge where matches may be lost, because both copies of the live state were gone: what each of them still owes.
 * In:  a page, what was published of it, whether an owner said that it is lost.   Out: what is wrong, noted.
 * Law: a match whose record does not say cancelled was not lost: it owes everything. It may only have told again what its
 *      record knows, in a later epoch: that it is over, or, before it began, who sits there.
 *      One that was lost says so: its last owner tells what the record knew, then the end, and does not play on. Up to there
 *      it is a match like any other. What was shown and not published is the end of what its owner told before it died.
 *      What was answered of its record is in the record, and told.
 */
import type { Page, Sight } from "./book.ts";
import type { Note } from "./judge.ts";
import { foldOf, judgeDamage, judgeMatch, judgeNumbers, judgePlay, type States } from "./judge-match.ts";
import { judgeState } from "./judge-sight.ts";
import { same, type Told } from "./told.ts";

export type Loss = { readonly note: Note; readonly isSaidLost: boolean };

export function judgeWhereLost(page: Page, published: readonly Told[], { note, isSaidLost }: Loss): void {
  // What an owner has shown before it was fenced may come late.
  const told = [...published].sort((one, other) => one.epoch - other.epoch);
  const lastEpoch = told.at(-1)?.epoch ?? 0;
  const before = told.filter(({ epoch }) => epoch < lastEpoch);
  const after = told.slice(before.length);
  const isCancelled = page.record?.status === "cancelled";
  if (isCancelled !== isSaidLost) {
    note(null, `the record says ${page.record?.status}; an owner said that the match is lost: ${isSaidLost}`);
  }
  if (isCancelled) return judgeLost(page, { before, after }, note);
  if (before.length === 0 || !isOnlyRetold(after)) return judgeWhole(page, { published, told }, note);
  const isOver = before.at(-1)?.event === "session_ended";
  if (isOver) return judgeToldAgain(page, { before, after }, note);
  if (isWhole(page, told)) return judgeWhole(page, { published, told }, note);
  judgeLost(page, { before, after }, note); // By its record it was over already: so much is told in place of the rest.
}

/** Before and since the last owner. */
type Halves = { readonly before: readonly Told[]; readonly after: readonly Told[] };

/** The match went on; what it told anew before it began takes the place of what was told then. */
function judgeWhole(
  page: Page,
  { published, told }: { published: readonly Told[]; told: readonly Told[] },
  note: Note,
) {
  const startedAt = told.findIndex(({ event }) => event === "session_started");
  const early = startedAt === -1 ? told : told.slice(0, startedAt);
  const isReplaced = (one: Told, by: (other: Told) => boolean) =>
    early.includes(one) && told.some((other) => other.epoch > one.epoch && by(other));
  const numbered = told.filter((one) => !isReplaced(one, (other) => other.seq === one.seq));
  const played = numbered.filter((one) => !isReplaced(one, (other) => isRetold(other, one)));
  if (played.length === told.length) return judgeMatch(page, published, note);
  const states = judgePlay(page, numbered, note, played);
  judgeSights(page, { before: told, after: [] }, states, note);
}

/** It was over when its copy went, and its last changes were told once more. */
function judgeToldAgain(page: Page, { before, after }: Halves, note: Note): void {
  for (const one of after) {
    const isKnown = before.some((first) => isRetold(first, one));
    if (!isKnown) note(one.seq, `${one.event} was told after the end, and not before`);
  }
  judgeSights(page, { before, after }, judgePlay(page, before, note), note);
}

function judgeLost(page: Page, { before, after }: Halves, note: Note): void {
  judgeNumbers(before, note);
  const { fold, states } = foldOf(page, before);
  for (const { seq, what } of fold.wrongs) note(seq, what);
  const { record } = page;
  judgeNumbers(after, note, (after[0]?.seq ?? 1) - 1);
  for (const { seq, event } of after) {
    if (!OF_THE_RECORD.has(event)) note(seq, `${event} was told by an owner that had lost the match`);
  }
  const ends = after.filter(({ event }) => event === "session_ended");
  if (ends.length !== 1 || after.at(-1) !== ends[0]) {
    note(
      after.at(-1)?.seq ?? null,
      `the last owner of a lost match told its end ${ends.length} times, or more after it`,
    );
  }
  const said = ends[0]?.data["end_reason"];
  if (record?.status === "cancelled" && said !== "cancelled")
    note(ends[0]?.seq ?? null, `a lost match ended by ${said}`);
  judgeSights(page, { before, after }, states, note);
  judgeDamage(page, [...before, ...after], note, true);
  judgeAnswered(page, [...before, ...after], note);
}

/** Of what was answered, the record knows and it was told; who was refused never came. */
function judgeAnswered(page: Page, told: readonly Told[], note: Note): void {
  const count = (event: string, playerId?: string) =>
    told.filter((one) => one.event === event && (playerId === undefined || one.data["player_id"] === playerId)).length;
  for (const [kind, event] of CHANGES) {
    const done = page.calls.filter((call) => call.kind === kind && call.outcome === "done").length;
    if (count(event) < done) note(null, `${kind}: told ${count(event)} times, answered ${done}`);
  }
  for (const { kind, playerId, outcome, mayHaveActed } of page.calls) {
    if (playerId === undefined) continue;
    const event = kind === "join" ? "player_joined" : "player_left";
    if (outcome === "done" && count(event, playerId) === 0)
      note(null, `${kind} of ${playerId} was answered, and not told`);
    if (kind !== "join") continue;
    if (outcome === "refused" && !mayHaveActed && count(event, playerId) > 0)
      note(null, `${playerId} was refused, and told to have come`);
    const isKept = page.record?.participants.some((seat) => seat.player_id === playerId);
    if (outcome === "done" && !isKept) note(null, `${playerId} joined, and is not in the record`);
  }
  for (const playerId of page.playerIds) {
    if (count("player_joined", playerId) === 0) note(null, `the seat of ${playerId} was not told`);
  }
}

const CHANGES = [
  ["start", "session_started"],
  ["pause", "session_paused"],
  ["resume", "session_resumed"],
] as const;

/** Within an epoch all is as always; only what comes after the last that its owner published may be missing. */
function judgeSights(page: Page, { before, after }: Halves, states: States, note: Note): void {
  const byName = new Map([...before, ...after].map((one) => [nameOf(one), one]));
  const lastOf = new Map<number, number>();
  for (const { epoch, seq } of byName.values()) lastOf.set(epoch, Math.max(seq, lastOf.get(epoch) ?? 0));
  const lastEpoch = Math.max(0, ...lastOf.keys());
  const isMissable = ({ epoch, seq }: Numbered) => epoch < lastEpoch && seq > (lastOf.get(epoch) ?? 0);
  for (const sight of page.sights) {
    judgeSight(sight, { byName, isMissable, lostIn: after[0]?.epoch ?? null, states }, note);
  }
}

type Numbered = { readonly epoch: number; readonly seq: number };

type Witness = {
  readonly byName: ReadonlyMap<string, Told>;
  readonly isMissable: (one: Numbered) => boolean;
  /** The epoch in which the match is over from the beginning. */
  readonly lostIn: number | null;
  readonly states: States;
};

function judgeSight({ viewer, seen }: Sight, { byName, isMissable, lostIn, states }: Witness, note: Note): void {
  let at: Numbered | null = null;
  const goOn = (next: Numbered, mayStay: boolean): void => {
    const follows = at === null || next.epoch > at.epoch || (next.epoch === at.epoch && next.seq > at.seq);
    const isNext = at === null || mayStay || next.seq === at.seq + 1;
    const stays = mayStay && at?.epoch === next.epoch && at.seq === next.seq;
    if (!(follows && isNext) && !stays) note(next.seq, `${viewer} was shown ${nameOf(next)} after ${at && nameOf(at)}`);
    at = next;
  };
  for (const one of seen) {
    if (one.kind === "gap") note(one.got, `${viewer} was shown event ${one.got} when ${one.expected} was next`);
    if (one.kind === "down" && one.code === -1) note(null, `${viewer}: ${one.reason}`);
    if (one.kind === "state") {
      const { epoch, last_seq: seq, session } = one.state;
      goOn({ epoch, seq }, true);
      const isLost = epoch === lostIn;
      if (isLost && GOES_ON.has(session.status))
        note(seq, `${viewer} was shown a lost match that is ${session.status}`);
      if (!isLost) judgeState(viewer, one.state, states.get(seq), note);
    }
    if (one.kind === "event") {
      const { seq, event_id, epoch, tick, event, data } = one.event;
      goOn({ epoch, seq }, false);
      const published = byName.get(nameOf({ epoch, seq }));
      const shown = { eventId: event_id, seq, epoch, tick, event, data };
      if (published === undefined ? !isMissable({ epoch, seq }) : !same(published, shown)) {
        note(seq, `${viewer} was shown ${JSON.stringify(shown)}; published is ${JSON.stringify(published)}`);
      }
    }
  }
}

const GOES_ON: ReadonlySet<string> = new Set(["waiting", "active", "paused"]);

/** What the outbox tells again. */
const OF_THE_RECORD: ReadonlySet<string> = new Set([
  "player_joined",
  "player_left",
  "session_started",
  "session_paused",
  "session_resumed",
  "session_ended",
]);

function isOnlyRetold(told: readonly Told[]): boolean {
  return told.every(({ event }) => OF_THE_RECORD.has(event)) && told.at(-1)?.event === "session_ended";
}

/** Numbered without a gap, and nothing was shown that is not there. */
function isWhole(page: Page, told: readonly Told[]): boolean {
  const names = new Set(told.map(nameOf));
  const shown = page.sights.flatMap(({ seen }) => seen.flatMap((one) => (one.kind === "event" ? [one.event] : [])));
  return told.every(({ seq }, at) => seq === at + 1) && shown.every((event) => names.has(nameOf(event)));
}

/** The same change, told under two numbers. */
function isRetold(one: Told, other: Told): boolean {
  return one.event === other.event && OF_THE_RECORD.has(one.event) && same(one.data, other.data);
}

function nameOf({ epoch, seq }: Numbered): string {
  return `${epoch}:${seq}`;
}
