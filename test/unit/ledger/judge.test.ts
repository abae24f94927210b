/**
 * The judge of the fault tests is judged: it passes what may be, and sees what may not, also where matches may be lost.
 */
import { describe, expect, test } from "vitest";
import type { CombatEvent, CombatSession, SessionState } from "#client/index.ts";
import { type Call, newCall, type Page, type Seen } from "#support/ledger/book.ts";
import { judge } from "#support/ledger/judge.ts";
import type { Told } from "#support/ledger/told.ts";

const ID = "0b747a4c-6b60-41b4-ad6a-83c972ab1a52";
const PLAYERS = ["alice", "boris"] as const;
const TEAMS = ["red", "blue"] as const;

type Deed = readonly [event: string, data?: Record<string, unknown>];

const joins: Deed[] = PLAYERS.map((player_id, at) => ["player_joined", { player_id, team_id: TEAMS[at], slot: at }]);
const started: Deed[] = [["session_started"], ["round_started", { round: 1 }]];
const hit = (damage: number, health: number, weapon = "shotgun"): Deed => {
  return ["damage_dealt", { target_id: "boris", damage, health, weapon, damage_type: "ability", headshot: false }];
};
const ended = (end_reason = "victory"): Deed => ["session_ended", { end_reason }];

/** Events of one owner, numbered from `first`. */
function by(epoch: number, first: number, deeds: readonly Deed[]): Told[] {
  return deeds.map(([event, data = {}], at) => {
    const seq = first + at;
    return { eventId: `${epoch}:${seq}`, seq, epoch, tick: epoch * 1000 + seq, event, data };
  });
}

const shown = ({ eventId: event_id, ...rest }: Told): Seen => {
  return { kind: "event", event: { ...rest, event_id, type: "combat_event" } as unknown as CombatEvent };
};
const state = (epoch: number, last_seq: number, status = "active", health = 100): Seen => {
  const players = [{ player_id: "boris", health, alive: health > 0 }];
  return {
    kind: "state",
    state: { epoch, last_seq, session: { status, participants: [] }, players } as unknown as SessionState,
  };
};

function answered(kind: Call["kind"], more: Partial<Call> = {}): Call {
  return Object.assign(newCall({ kind }), { outcome: "done", tries: 1 }, more);
}

function pageOf(status: string, of: { seen?: readonly Seen[]; calls?: readonly Call[] }): Page {
  const participants = PLAYERS.map((player_id) => {
    return { player_id, connection_status: "connected", kills: 0, deaths: 0, assists: 0, damage_dealt: 0 };
  });
  const sight = { viewer: "viewer", playerId: "alice", spectates: false, lastSeq: 0, messageCount: 0 };
  return {
    sessionId: ID,
    label: "match",
    hostId: "alice",
    teamIds: ["red", "blue"],
    playerIds: [...PLAYERS],
    calls: [answered("create"), answered("start"), ...(of.calls ?? [])],
    sights: [{ ...sight, seen: [...(of.seen ?? [])], lastFrame: { frame: 0, atMs: 0 } }],
    record: { status, participants, teams: [] } as unknown as CombatSession,
  };
}

const damage = (amount: number, weapon = "shotgun"): Call => {
  const tag = { target_id: "boris", damage_type: "ability", headshot: false, weapon } as const;
  return answered("damage", { damage: tag, answer: { damage_applied: amount } });
};

const BEGUN = [...joins, ...started];
/** The whole match by its first owner: two blows, then the end. */
const PLAYED = [...BEGUN, hit(10, 90), hit(20, 70, "rifle")];
const CALLS = [damage(10), damage(20, "rifle")];
const n = PLAYED.length;

type Case = {
  readonly name: string;
  readonly told: readonly Told[];
  readonly status?: "ended" | "cancelled";
  readonly seen?: readonly Seen[];
  readonly calls?: readonly Call[];
  readonly saidLost?: boolean;
};

function violations(of: Case, mayLose: boolean): string[] {
  const { told, status = "ended", saidLost = status === "cancelled" } = of;
  const page = pageOf(status, { calls: CALLS, ...of });
  const options = mayLose ? { saidLost: new Set(saidLost ? [ID] : []) } : {};
  return judge([page], new Map([[ID, told]]), options).map(({ what }) => what);
}

const whole = by(1, 1, [...PLAYED, ended()]);
const moved = [...by(1, 1, PLAYED), ...by(2, n + 1, [ended()])];
const lost = [...by(1, 1, PLAYED), ...by(2, n + 1, [ended("cancelled")])];

describe("what may be", () => {
  const anywhere: Case[] = [
    {
      name: "a match from its first number to its end",
      told: whole,
      seen: [state(1, 2), ...whole.slice(2).map(shown)],
    },
    {
      name: "a match that another owner went on with",
      told: moved,
      seen: [state(1, n), state(2, n, "active", 70), shown(moved[n] as Told)].slice(1),
    },
    { name: "an event that came twice with one body", told: [...whole.slice(0, 5), ...whole] },
  ];
  test.each(anywhere)("$name", (of) => {
    expect(violations(of, false)).toEqual([]);
    expect(violations(of, true)).toEqual([]);
  });

  const lossy: Case[] = [
    { name: "a lost match that says so, the record's changes once more", told: lost, status: "cancelled" },
    {
      name: "the last that was shown before the loss is not published",
      told: [...by(1, 1, BEGUN), ...by(2, 3, [["session_started"], ended("cancelled")])],
      status: "cancelled",
      seen: [state(1, 2), ...by(1, 3, [...started, hit(10, 90)]).map(shown), state(2, 4, "cancelled")],
    },
    {
      name: "late events of an owner that was fenced",
      told: [...lost.slice(0, n - 1), lost[n] as Told, lost[n - 1] as Told],
      status: "cancelled",
    },
    { name: "the end told again", told: [...whole, ...by(2, n + 2, [ended()])], seen: whole.map(shown) },
    {
      name: "the end told again in place of what was shown",
      told: [...by(1, 1, PLAYED), ...by(2, n + 1, [ended()])],
      seen: whole.map(shown),
    },
    {
      name: "a match that waited begins its numbers anew",
      told: [...by(1, 1, joins), ...by(2, 1, [...PLAYED, ended()])],
      seen: [state(1, 2, "waiting")],
    },
    {
      name: "a match that waited numbers on, and tells its seats again",
      told: [...by(1, 1, joins), ...by(2, 3, [...PLAYED, ended()])],
    },
  ];
  test.each(lossy)("where matches may be lost: $name", (of) => expect(violations(of, true)).toEqual([]));
});

describe("what may not be", () => {
  const anywhere: (Case & { readonly says: RegExp })[] = [
    { name: "a gap", told: whole.filter(({ seq }) => seq !== 6), says: /follows on 5/ },
    { name: "two bodies under one id", told: [...whole, { ...(whole[5] as Told), tick: 1 }], says: /two bodies/ },
    {
      name: "another body than was shown",
      told: whole,
      seen: [shown({ ...(whole[4] as Told), tick: 1 })],
      says: /was shown/,
    },
    {
      name: "health that was not lost",
      told: by(1, 1, [...BEGUN, hit(10, 90), hit(20, 80, "rifle"), ended()]),
      says: /is told to have/,
    },
    {
      name: "an answered blow that is not there",
      told: by(1, 1, [...BEGUN, hit(10, 90), ended()]),
      says: /answered with 2000/,
    },
    { name: "no end", told: whole.slice(0, -1), says: /not the end/ },
    {
      name: "a viewer that misses one",
      told: whole,
      seen: [shown(whole[3] as Told), shown(whole[5] as Told)],
      says: /6.* after .*4/,
    },
  ];
  test.each(anywhere)("$name", ({ says, ...of }) => {
    expect(violations(of, false).join("\n")).toMatch(says);
    expect(violations(of, true).join("\n")).toMatch(says);
  });

  test("a cancelled match, where none may be lost", () => {
    expect(violations({ name: "", told: lost, status: "cancelled" }, false).join("\n")).toMatch(/was cancelled/);
  });

  const setBack = [...by(1, 1, PLAYED), ...by(2, n, [hit(30, 60, "rifle"), ended()])];
  const lossy: (Case & { readonly says: RegExp })[] = [
    { name: "set back to an older state and played on", told: setBack, says: /follows on/ },
    {
      name: "set back in health, numbered on",
      told: [...by(1, 1, PLAYED), ...by(2, n + 1, [hit(5, 85, "pistol"), ended()])],
      calls: [...CALLS, damage(5, "pistol")],
      says: /is told to have/,
    },
    {
      name: "set back unnoticed but for what a viewer was shown",
      told: [...by(1, 1, BEGUN), ...by(2, 5, [ended()])],
      seen: [...by(1, 5, [hit(10, 90)]).map(shown), state(2, 4, "active")],
      says: /goes on|lost match that is active/,
    },
    {
      name: "cancelled, and no owner said why",
      told: lost,
      status: "cancelled",
      saidLost: false,
      says: /said that the match is lost: false/,
    },
    {
      name: "said to be lost, and ended as if nothing were",
      told: moved,
      saidLost: true,
      says: /said that the match is lost: true/,
    },
    {
      name: "played on by who had lost it",
      told: [...by(1, 1, BEGUN), ...by(2, 5, [hit(10, 90), ended("cancelled")])],
      status: "cancelled",
      says: /had lost the match/,
    },
    { name: "lost without an end", told: by(1, 1, PLAYED), status: "cancelled", says: /told its end 0 times/ },
    {
      name: "lost with two ends",
      told: [...lost, ...by(2, n + 2, [ended("cancelled")])],
      status: "cancelled",
      says: /told its end 2 times/,
    },
    { name: "lost as a victory", told: moved, status: "cancelled", says: /ended by victory/ },
    {
      name: "a gap before the loss",
      told: lost.filter(({ seq }) => seq !== 5),
      status: "cancelled",
      says: /follows on 4/,
    },
    {
      name: "a gap in what a viewer saw before the loss",
      told: lost,
      status: "cancelled",
      seen: [lost[3], lost[5]].map((one) => shown(one as Told)),
      says: /after 1:4/,
    },
    {
      name: "shown in the middle and never published",
      told: lost.filter(({ seq }) => seq !== 5),
      status: "cancelled",
      seen: [shown(lost[4] as Told)],
      says: /published is undefined/,
    },
    {
      name: "lost, and shown as it goes on",
      told: lost,
      status: "cancelled",
      seen: [state(2, n, "active")],
      says: /lost match that is active/,
    },
    {
      name: "a blow dealt twice, before the loss and by whom it was lost to",
      told: [...by(1, 1, [...PLAYED, hit(20, 50, "rifle")]), ...by(2, n + 2, [ended("cancelled")])],
      status: "cancelled",
      says: /dealt 2 times/,
    },
    {
      name: "a join that was answered and is nowhere",
      told: lost,
      status: "cancelled",
      calls: [answered("join", { playerId: "clara" })],
      says: /clara.*not told/,
    },
    {
      name: "a pause that was answered and never told",
      told: lost,
      status: "cancelled",
      calls: [...CALLS, answered("pause")],
      says: /pause: told 0/,
    },
  ];
  test.each(lossy)("where matches may be lost: $name", ({ says, ...of }) => {
    expect(violations(of, true).join("\n")).toMatch(says);
  });
});
