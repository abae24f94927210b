/**
 * Kafka book: the notes of the Kafka test's driver, as the ledger's judge reads them: a page for each session, with its
 * onlooker as the viewer and its blows summed up, for they are too many to be calls with names.
 * In:  the driver's folder, what was published.   Out: violations in words.
 */
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Decoder } from "#client/decode.ts";
import type { CombatSession } from "#client/index.ts";
import { newCall, type Page, type Seen } from "#support/ledger/book.ts";
import { hundredths } from "#support/ledger/fold.ts";
import { judge } from "#support/ledger/judge.ts";
import { type Told, toldOf } from "#support/ledger/told.ts";
import type { Published } from "#support/published.ts";

export const BOOK_FILES = { shown: "shown.txt", ended: "ended.json" } as const;

/** What the driver knows of a session at its end. */
export type Ended = {
  readonly record: CombatSession;
  /** Of its blows, by their answers: those that hurt, health they took in hundredths, those never answered. */
  readonly hits: number;
  readonly lost: number;
  readonly unanswered: number;
  readonly lastSeq: number;
};

/** A frame that the onlooker of a session was shown. */
export function shownLine(sessionId: string, bytes: Uint8Array): string {
  return `${sessionId} ${Buffer.from(bytes).toString("base64")}\n`;
}

/** By the ledger's law; besides, the answers to all blows together are what was told. */
export async function judgeBook(folder: string, published: readonly Published[]): Promise<string[]> {
  const ended = JSON.parse(await readFile(join(folder, BOOK_FILES.ended), "utf8")) as Ended[];
  const shown = await shownOf(folder);
  const bySession = Map.groupBy(published, ({ sessionId }) => sessionId);
  return ended.flatMap((end) => {
    const { id } = end.record;
    const told = (bySession.get(id) ?? []).map(toldOf); // One session at a time: all of them would fill the memory.
    const seen = seenOf(id, shown.get(id) ?? []);
    const violations = judge([pageOf(end.record, seen)], new Map([[id, told]]));
    return [
      ...violations.map(({ what, around }) => `${id}: ${what}\n${around}`),
      ...wrongSums(end, told),
      ...wrongView(id, seen, end),
    ];
  });
}

async function shownOf(folder: string): Promise<Map<string, string[]>> {
  const frames = new Map<string, string[]>();
  for await (const line of createInterface({ input: createReadStream(join(folder, BOOK_FILES.shown)) })) {
    const [sessionId, frame] = line.split(" ") as [string, string];
    const known = frames.get(sessionId);
    if (known === undefined) frames.set(sessionId, [frame]);
    else known.push(frame);
  }
  return frames;
}

function seenOf(sessionId: string, frames: readonly string[]): Seen[] {
  const decoder = new Decoder(sessionId);
  return frames.flatMap((frame): Seen[] => {
    const decoded = decoder.decode(Buffer.from(frame, "base64"));
    if (!decoded.ok) return [{ kind: "down", code: -1, reason: `undecodable: ${decoded.detail}` }];
    const { message } = decoded;
    if (message.type === "combat_event") return [{ kind: "event", event: message }];
    return message.type === "session_state" ? [{ kind: "state", state: message }] : [];
  });
}

function pageOf(record: CombatSession, seen: Seen[]): Page {
  const done = { outcome: "done", tries: 1 } as const;
  const calls = (["create", "start", "end"] as const).map((kind) => Object.assign(newCall({ kind }), done));
  const sight = { viewer: "onlooker", playerId: "", spectates: true, lastSeq: 0, messageCount: seen.length };
  const [one, other] = record.teams.map(({ team_id }) => team_id) as [string, string];
  return {
    sessionId: record.id,
    label: "outage",
    hostId: record.host_player_id,
    teamIds: [one, other],
    playerIds: record.participants.map(({ player_id }) => player_id),
    calls,
    sights: [{ ...sight, seen, lastFrame: { frame: 0, atMs: 0 } }],
    record,
  };
}

function wrongSums({ record, hits, lost, unanswered }: Ended, told: readonly Told[]): string[] {
  const blows = new Map(
    told
      .filter(({ event }) => event === "damage_dealt")
      .map(({ eventId, data }) => [eventId, hundredths(data["damage"])]),
  );
  const sum = [...blows.values()].reduce((all, damage) => all + damage, 0);
  const kills = new Set(told.filter(({ event }) => event === "player_killed").map(({ eventId }) => eventId)).size;
  const wrongs: string[] = [];
  if (unanswered > 0) wrongs.push(`${record.id}: ${unanswered} blows were never answered`);
  if (hits !== blows.size || lost !== sum) {
    wrongs.push(`${record.id}: answers say ${hits} blows, ${lost} lost; published are ${blows.size} and ${sum}`);
  }
  if (kills === 0) wrongs.push(`${record.id}: nobody fell, so there was little to judge`);
  return wrongs;
}

/** It saw the match from before its beginning to its end. */
function wrongView(id: string, seen: readonly Seen[], { lastSeq }: Ended): string[] {
  const [first] = seen;
  const last = seen.at(-1);
  const isWhole = first?.kind === "state" && first.state.session.status === "waiting";
  if (!isWhole) return [`${id}: the onlooker did not see the beginning`];
  if (last?.kind === "event" && last.event.seq === lastSeq) return [];
  return [`${id}: the onlooker was not shown the last event, ${lastSeq}`];
}
