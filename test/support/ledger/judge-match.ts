/**
 * Judge of a match that was not lost: the law in full.
 * In:  its page, what was published of it.   Out: what is wrong, noted.
 * Law: numbers from 1 without a gap up to the end; events that the rules of the game allow; viewers saw exactly these; calls
 *      that were answered acted once, calls that were refused not at all; the record says what the events make.
 */
import type { Call, DamageTag, Page } from "./book.ts";
import { type Figure, Fold, hundredths } from "./fold.ts";
import type { Note } from "./judge.ts";
import { judgeSight } from "./judge-sight.ts";
import type { Told } from "./told.ts";

export function judgeMatch(page: Page, told: readonly Told[], note: Note): void {
  const states = judgePlay(page, told, note);
  for (const sight of page.sights) judgeSight(sight, told, states, note);
}

/**
 * All but what viewers saw. `played`: what the match is folded of, where some of it was told twice.
 * Gives back everybody's figures for those who judge the viewers.
 */
export function judgePlay(page: Page, told: readonly Told[], note: Note, played: readonly Told[] = told): States {
  const { record } = page;
  if (record?.status === "cancelled") note(told.length, "the match was cancelled, and nobody asked for that");
  judgeNumbers(told, note);
  const last = told.at(-1);
  if (last?.event !== "session_ended") {
    note(last?.seq ?? 0, `the last event that was published is ${last?.event}, not the end`);
  }
  const { fold, states } = foldOf(page, played);
  for (const { seq, what } of fold.wrongs) note(seq, what);
  judgeDamage(page, told, note);
  judgeChanges(page, played, fold, note);
  if (record === null) note(null, "the session cannot be read");
  else judgeRecord(record, fold, note);
  return states;
}

/** Everybody's figures after the events that viewers' full states name. */
export type States = ReadonlyMap<number, ReadonlyMap<string, Figure>>;

export function foldOf(page: Page, played: readonly Told[]): { fold: Fold; states: States } {
  const fold = new Fold();
  const states = new Map<number, Map<string, Figure>>();
  const seen = page.sights.flatMap((sight) => sight.seen);
  const wanted = new Set(seen.flatMap((one) => (one.kind === "state" ? [one.state.last_seq] : [])));
  for (const one of played) {
    fold.take(one);
    if (wanted.has(one.seq)) states.set(one.seq, structuredClone(fold.players));
  }
  return { fold, states };
}

/** Numbered without a gap, owner after owner. */
export function judgeNumbers(told: readonly Told[], note: Note, after = 0): void {
  let [seq, epoch] = [after, 0];
  for (const one of told) {
    if (one.seq !== seq + 1) note(one.seq, `published: ${one.seq} follows on ${seq}`);
    if (one.epoch < epoch) note(one.seq, `published: epoch ${one.epoch} follows on ${epoch}`);
    [seq, epoch] = [one.seq, one.epoch];
  }
}

/** Each damage call acted once, or not at all. `mayMiss`: what it did may be lost. */
export function judgeDamage(page: Page, told: readonly Told[], note: Note, mayMiss = false): void {
  const byTag = new Map<string, Told[]>();
  for (const one of told) {
    if (one.event !== "damage_dealt" || one.data["damage_type"] === "bullet") continue;
    const tag = nameOf(one.data as unknown as DamageTag);
    byTag.set(tag, [...(byTag.get(tag) ?? []), one]);
  }
  for (const call of page.calls) {
    if (call.damage === undefined) continue;
    const tag = nameOf(call.damage);
    const dealt = byTag.get(tag) ?? [];
    byTag.delete(tag);
    const where = dealt[0]?.seq ?? null;
    if (dealt.length > 1) note(where, `damage ${tag} was dealt ${dealt.length} times (${shown(call)})`);
    const applied = hundredths(call.answer?.["damage_applied"] ?? 0);
    const lost = dealt.reduce((sum, one) => sum + hundredths(one.data["damage"]), 0);
    const isMissed = mayMiss && dealt.length === 0;
    if (call.outcome === "done" && lost !== applied && !isMissed) {
      note(where, `damage ${tag} was answered with ${applied}, published is ${lost} (${shown(call)})`);
    }
    if (call.outcome === "refused" && !call.mayHaveActed && dealt.length > 0) {
      note(where, `damage ${tag} was refused and dealt all the same (${shown(call)})`);
    }
  }
  for (const [tag, [one]] of byTag) note(one?.seq ?? null, `damage ${tag} was dealt, and nobody had asked for it`);
}

/** Each change that was answered was told once, and none that was refused. */
function judgeChanges(page: Page, told: readonly Told[], fold: Fold, note: Note): void {
  const counted = (kind: Call["kind"], playerId?: string) => {
    const calls = page.calls.filter((call) => call.kind === kind && call.playerId === playerId);
    const done = calls.filter(({ outcome }) => outcome === "done").length;
    // A leave that finds no seat any more after an answer was lost has been done by the try before.
    const perhaps = calls.filter(({ outcome, mayHaveActed }) => outcome !== "done" && mayHaveActed).length;
    return { least: done, most: done + perhaps };
  };
  const compare = (what: string, { least, most }: { least: number; most: number }, count: number) => {
    if (count < least || count > most)
      note(told.at(-1)?.seq ?? null, `${what}: told ${count} times, answered ${least} to ${most}`);
  };
  compare("start", counted("start"), fold.counts.get("session_started") ?? 0);
  compare("pause", counted("pause"), fold.counts.get("session_paused") ?? 0);
  compare("resume", counted("resume"), fold.counts.get("session_resumed") ?? 0);
  const of = (event: string, playerId: string) =>
    told.filter((one) => one.event === event && one.data["player_id"] === playerId).length;
  for (const playerId of page.playerIds)
    compare(`seat of ${playerId}`, { least: 1, most: 1 }, of("player_joined", playerId));
  const guests = new Set(page.calls.flatMap(({ kind, playerId }) => (kind === "join" && playerId ? [playerId] : [])));
  for (const playerId of guests) {
    compare(`join of ${playerId}`, counted("join", playerId), of("player_joined", playerId));
    compare(`leave of ${playerId}`, counted("leave", playerId), of("player_left", playerId));
  }
}

function judgeRecord(record: NonNullable<Page["record"]>, fold: Fold, note: Note): void {
  if (record.status !== "ended") note(fold.lastSeq, `the record says ${record.status} at the end`);
  for (const seat of record.participants) {
    const figure = fold.players.get(seat.player_id);
    if (figure === undefined) {
      note(fold.lastSeq, `the record has ${seat.player_id}, of whom nothing was told`);
      continue;
    }
    if ((seat.connection_status !== "left") !== figure.sits) {
      note(
        fold.lastSeq,
        `${seat.player_id} is ${seat.connection_status} in the record; sits by events: ${figure.sits}`,
      );
    }
    const kept = [seat.kills, seat.deaths, seat.assists, hundredths(seat.damage_dealt)];
    const made = [figure.kills, figure.deaths, figure.assists, figure.damage];
    if (String(kept) !== String(made)) {
      note(fold.lastSeq, `kills, deaths, assists, damage of ${seat.player_id}: record ${kept}, events ${made}`);
    }
  }
  for (const playerId of fold.players.keys()) {
    if (!record.participants.some((seat) => seat.player_id === playerId))
      note(fold.lastSeq, `${playerId} is not in the record`);
  }
  for (const { team_id, score, rounds_won } of record.teams) {
    const made = [fold.scores.get(team_id) ?? 0, fold.roundsWon.get(team_id) ?? 0];
    if (String([score, rounds_won]) !== String(made)) {
      note(fold.lastSeq, `team ${team_id}: record ${[score, rounds_won]}, events ${made}`);
    }
  }
}

function nameOf({ target_id, attacker_id, damage_type, headshot, weapon }: DamageTag): string {
  return [target_id, attacker_id, damage_type, headshot, weapon].join("/");
}

function shown({ outcome, tries, said, mayHaveActed }: Call): string {
  return `${outcome} after ${tries} tries, may have acted: ${mayHaveActed}, last said ${said}`;
}
