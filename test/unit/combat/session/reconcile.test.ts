/** Reconcile: a change that was saved is there after its owner died, once, whether it had been kept or not. */
import { describe, expect, test } from "vitest";
import {
  type Change,
  planConfirm,
  planEnd,
  planLeave,
  planSave,
  planSeat,
  planSettings,
  planStatus,
  planUpdate,
} from "#combat/session/changes.ts";
import { figuresOf } from "#combat/session/figures.ts";
import { reconcile } from "#combat/session/reconcile.ts";
import { recordOf, reopen, seatOf } from "#combat/session/record.ts";
import type { Session } from "#combat/session/session.ts";
import { revive, type SessionState, stateOf } from "#combat/session/state.ts";
import type { SessionRecord } from "#combat/stores/session-store.ts";
import { decodeState, encodeState } from "#combat/stores/state-codec.ts";
import { ok, type Result } from "#wire/problem.ts";
import { blow, must, Stage } from "./fixture.ts";
import { shownOf } from "./keeping.ts";

type Plan = (session: Session, unixMs: number) => Result<Change<unknown>>;

const THERE = "there#1";
const NO_CHANGE = { maxRounds: null, timeLimitMinutes: null, allowSpectators: null, currentRound: null };

/** What the next owner finds in the live store. */
function kept(session: Session): SessionState {
  return decodeState(encodeState(stateOf(session)));
}

/** Plans, saves and applies, as the host does. */
function save({ session, clock }: Stage, plan: Plan): SessionRecord {
  const { record, apply } = must(plan(session, clock.unixMs()));
  session.version = record!.version;
  const saved = structuredClone(record!);
  apply({ nowMs: clock.nowMs(), unixMs: clock.unixMs() });
  return saved;
}

/** As the next owner has it: the copy, with nothing of the record yet. What it tells so far is taken. */
function revived(state: SessionState, { clock }: Stage): Session {
  const time = { nowMs: clock.nowMs(), unixMs: clock.unixMs() };
  const session = revive(structuredClone(state), { epoch: 2, owner: THERE }, time);
  session.pollEvents();
  return session;
}

function reconciled(state: SessionState, record: SessionRecord, stage: Stage, claims = 1): Session {
  const session = revived(state, stage);
  const claimed = { ...record, version: record.version + claims, epoch: record.epoch + claims, owner: THERE };
  reconcile(session, claimed, state.start, stage.clock.unixMs());
  expect(session.version).toBe(claimed.version);
  return session;
}

function viewOf(session: Session) {
  const { settings, startedAtMs, endedAtMs, world, roster } = session;
  const seats = roster.seats.map(({ joinKey, confirmed, joinedAtMs, listed, removed = false }) => {
    return { joinKey, confirmed, joinedAtMs, listed, removed };
  });
  return {
    ...shownOf(session),
    settings: { ...settings },
    rules: { ...world.rules },
    startedAtMs,
    endedAtMs,
    details: seats,
  };
}

function bodies(session: Session) {
  return session.pollEvents().map(({ body }) => body);
}

const request = { teamId: null, listed: false, key: null, newTeamId: "team-new" };

type Row = {
  name: string;
  /** In the order in which they sat down: the first in one team, the second in the other, and so on. */
  players?: string[];
  waits?: true;
  given?: (stage: Stage) => void;
  plan: Plan;
};

const FOUR = ["ann", "bob", "cid", "dan"];

const CHANGES: Row[] = [
  { name: "a join", plan: (session, unixMs) => planSeat(session, { ...request, playerId: "cid", unixMs }) },
  {
    name: "a join under a key, by one who was listed, before the start",
    waits: true,
    plan: (session, unixMs) => planSeat(session, { ...request, playerId: "cid", listed: true, key: "key", unixMs }),
  },
  {
    name: "a join to a seat that somebody left",
    players: FOUR,
    given: (stage) => save(stage, (session) => planLeave(session, "bob")),
    plan: (session, unixMs) => planSeat(session, { ...request, playerId: "eve", teamId: "team-2", unixMs }),
  },
  {
    name: "a removal for cheating",
    players: FOUR,
    plan: (session) => planLeave(session, "dan", "removed"),
  },
  {
    name: "a return of one who had left",
    players: FOUR,
    given: (stage) => {
      save(stage, (session) => planLeave(session, "cid"));
      stage.tick();
    },
    plan: (session, unixMs) => planSeat(session, { ...request, playerId: "cid", teamId: "team-1", unixMs }),
  },
  {
    name: "a confirmation",
    given: (stage) => stage.join("dan", { listed: true }),
    plan: (session) => planConfirm(session, session.roster.seat("dan")!, "key"),
  },
  {
    name: "a confirmation without a key",
    given: (stage) => stage.join("dan", { listed: true }),
    plan: (session) => planConfirm(session, session.roster.seat("dan")!, null),
  },
  { name: "a leave", players: FOUR, plan: (session) => planLeave(session, "ann") },
  { name: "a leave that ends the match", plan: (session) => planLeave(session, "ann") },
  { name: "a leave before the start", waits: true, plan: (session) => planLeave(session, "ann") },
  { name: "a start", waits: true, plan: (session, unixMs) => planStatus(session, "active", unixMs) },
  { name: "a pause", plan: (session, unixMs) => planStatus(session, "paused", unixMs) },
  {
    name: "a resumption",
    given: (stage) => save(stage, (session, unixMs) => planStatus(session, "paused", unixMs)),
    plan: (session, unixMs) => planStatus(session, "active", unixMs),
  },
  {
    name: "new settings",
    plan: (session) =>
      planSettings(session, { ...NO_CHANGE, maxRounds: 5, timeLimitMinutes: 7, allowSpectators: false }),
  },
  {
    name: "new settings before the start",
    waits: true,
    plan: (session) => planSettings(session, { ...NO_CHANGE, maxRounds: 1 }),
  },
  { name: "a later round", plan: (session) => planSettings(session, { ...NO_CHANGE, currentRound: 2 }) },
  {
    name: "an earlier round",
    given: (stage) => save(stage, (session) => planSettings(session, { ...NO_CHANGE, currentRound: 3 })),
    plan: (session) => planSettings(session, { ...NO_CHANGE, currentRound: 2 }),
  },
  { name: "an end", plan: (session, unixMs) => planEnd(session, { status: "ended", reason: "cancelled" }, unixMs) },
  {
    name: "a cancellation before the start",
    waits: true,
    plan: (session, unixMs) => planEnd(session, { status: "cancelled", reason: "cancelled" }, unixMs),
  },
  {
    name: "an update of settings and status",
    plan: (session, unixMs) => {
      const settings = { ...NO_CHANGE, maxRounds: 4 };
      return planUpdate(session, { expectedVersion: null, status: "paused", settings }, unixMs);
    },
  },
  {
    name: "an update that sets a round and pauses",
    plan: (session, unixMs) => {
      const settings = { ...NO_CHANGE, currentRound: 2 };
      return planUpdate(session, { expectedVersion: null, status: "paused", settings }, unixMs);
    },
  },
  {
    name: "an update that sets a round and ends",
    plan: (session, unixMs) => {
      const settings = { ...NO_CHANGE, currentRound: 2 };
      return planUpdate(session, { expectedVersion: null, status: "ended", settings }, unixMs);
    },
  },
];

/** Live, unless it waits; Bob is hurt. */
function stageOf({ players = ["ann", "bob"], waits, given }: Omit<Row, "name" | "plan">): Stage {
  const stage = new Stage({ maxPlayers: 8 });
  for (const playerId of players) stage.seat(playerId);
  if (waits !== true) {
    save(stage, (session, unixMs) => planStatus(session, "active", unixMs));
    must(stage.session.handleDamage(blow("bob", { attackerId: "ann", damage: 3_000 }), "hit"));
  }
  stage.tick(3);
  given?.(stage);
  stage.session.pollEvents();
  return stage;
}

describe.each(CHANGES)("$name", (row) => {
  test("that was saved and not kept is carried out and told, as if it had been applied", () => {
    const stage = stageOf(row);
    const before = kept(stage.session);
    const reference = revived(before, stage);
    must(stage.carryOut(row.plan(reference, stage.clock.unixMs())));
    const found = reconciled(before, save(stage, row.plan), stage);
    expect(viewOf(found)).toEqual(viewOf(reference));
    expect(bodies(found)).toEqual(bodies(reference));
    expect(found.status).toBe(reference.status);
  });

  test("that was saved and kept is there, and nothing is told again", () => {
    const stage = stageOf(row);
    const record = save(stage, row.plan);
    const after = kept(stage.session);
    for (const claims of [1, 2, 5]) {
      const found = reconciled(after, record, stage, claims); // Claimed by some who died at once, too.
      expect(bodies(found)).toEqual([]);
      expect(viewOf(found)).toEqual(viewOf(revived(after, stage)));
    }
  });

  test("that was carried out by one who died before keeping it is carried out by the next", () => {
    const stage = stageOf(row);
    const before = kept(stage.session);
    const record = save(stage, row.plan);
    const [first, second] = [reconciled(before, record, stage, 1), reconciled(before, record, stage, 2)];
    expect(viewOf(second)).toEqual(viewOf(first));
    expect(bodies(second)).toEqual(bodies(first));
  });
});

describe("changes that were saved one after the other, and none kept", () => {
  const active: Plan = (session, unixMs) => planStatus(session, "active", unixMs);
  const paused: Plan = (session, unixMs) => planStatus(session, "paused", unixMs);
  const ended: Plan = (session, unixMs) => planEnd(session, { status: "ended", reason: "cancelled" }, unixMs);
  const leave =
    (playerId: string): Plan =>
    (session) =>
      planLeave(session, playerId);
  const join =
    (playerId: string, teamId: string): Plan =>
    (session, unixMs) =>
      planSeat(session, { ...request, playerId, teamId, unixMs });
  const touch: Plan = (session) => ok(planSave(session));

  test.each<{ name: string; players?: string[]; waits?: true; plans: Plan[]; told: string[] }>([
    {
      name: "start and pause",
      waits: true,
      plans: [active, paused],
      told: ["session_started", "round_started", "session_paused"],
    },
    {
      name: "start, pause and resume",
      waits: true,
      plans: [active, paused, active],
      told: ["session_started", "round_started"],
    },
    {
      name: "start and end",
      waits: true,
      plans: [active, ended],
      told: ["session_started", "round_started", "session_ended"],
    },
    { name: "pause and end", plans: [paused, ended], told: ["session_ended"] },
    { name: "pause and resume", plans: [paused, active], told: [] },
    {
      name: "a leave, and a join to the same slot",
      plans: [leave("ann"), join("eve", "team-1")],
      told: ["player_left", "player_joined"],
    },
    {
      name: "a leave, a return to the slot of another who left, and a save",
      plans: [leave("cid"), leave("bob"), join("eve", "team-2"), join("cid", "team-1"), touch],
      told: ["player_left", "player_left", "player_joined", "player_joined"],
    },
    {
      name: "seats change hands crosswise",
      plans: [leave("ann"), leave("cid"), join("cid", "team-1"), join("ann", "team-1"), touch],
      told: ["player_left", "player_left", "player_joined", "player_joined"],
    },
    { name: "a join and a leave again", plans: [join("eve", "team-2"), leave("eve")], told: [] },
    {
      name: "the only one of a team makes room for another",
      players: ["ann", "bob"],
      plans: [join("eve", "team-2"), leave("bob")],
      told: ["player_joined", "player_left"],
    },
    {
      name: "the only one of a team is followed by one who took the slot, and by a third who is gone again",
      players: ["ann", "bob"],
      plans: [join("eve", "team-2"), leave("bob"), join("gil", "team-2"), leave("eve")],
      told: ["player_joined", "player_left"],
    },
    { name: "a join to a new team", plans: [join("eve", "team-9")], told: ["player_joined"] },
  ])("$name: the session is what the record says", ({ players, waits, plans, told }) => {
    const stage = stageOf({ players: players ?? [...FOUR, "fay"], ...(waits === true ? { waits } : {}) });
    const before = kept(stage.session);
    let record = recordOf(stage.session);
    for (const plan of plans) {
      stage.tick();
      record = save(stage, plan);
    }
    const found = reconciled(before, record, stage);
    const kinds = bodies(found).map(({ kind }) => kind);
    const named = kinds.filter((kind) => kind !== "player_respawned");
    // Of several seats the order is another one, so that no team stands empty in between.
    if (named.includes("player_left")) expect(named.sort()).toEqual([...told].sort());
    else expect(named).toEqual(told);
    expect(recordOf(found)).toMatchObject({ status: record.status, settings: record.settings });
    const seatsOf = ({ participants }: SessionRecord) => {
      const seats = participants.map(({ playerId, teamId, connection }) => {
        return { playerId, teamId, left: connection === "left" };
      });
      return seats.sort((one, other) => (one.playerId < other.playerId ? -1 : 1));
    };
    const known = new Set(found.roster.seats.map(({ playerId }) => playerId));
    const sitting = seatsOf(record).filter(({ playerId, left }) => !left || known.has(playerId)); // Who came and went is no loss.
    expect(seatsOf(recordOf(found))).toEqual(sitting);
  });
});

describe("what the session did by itself and nobody saved", () => {
  const stageAt = () => {
    const stage = stageOf({ players: ["ann", "bob", "cid", "dan"] });
    return { stage, before: recordOf(stage.session) };
  };

  test.each<{ name: string; act: (stage: Stage) => void; found: object }>([
    {
      name: "a seat given up after the grace",
      act: (stage) => {
        stage.session.handleDisconnect(0, stage.session.roster.seat("bob")!);
        stage.tick(50);
      },
      found: { seats: [{}, { playerId: "bob", connection: "left" }, {}, {}] },
    },
    {
      name: "a round won",
      act: (stage) => {
        for (let kills = 0; kills < 2; kills++) {
          must(stage.session.handleDamage(blow("bob", { attackerId: "ann", damage: 10_000 }), null));
          stage.tick(25);
        }
      },
      found: { round: 2, sides: [{ roundsWon: 1 }, { roundsWon: 0 }] },
    },
    {
      name: "the end of the match",
      act: (stage) => {
        for (let kills = 0; kills < 6; kills++) {
          stage.session.handleDamage(blow("bob", { attackerId: "ann", damage: 10_000 }), null);
          stage.tick(25);
        }
      },
      found: { status: "ended", endReason: "victory", winnerTeamId: "team-1" },
    },
  ])("$name stays, is not told again, and is to be saved", ({ act, found }) => {
    const { stage, before } = stageAt();
    act(stage);
    // Saved before it, or just as it happened: a version that the copy does not have.
    for (const ahead of [0, 1]) {
      const session = reconciled(kept(stage.session), { ...before, version: before.version + ahead }, stage);
      expect(viewOf(session)).toMatchObject(found);
      expect(bodies(session)).toEqual([]);
      expect(session.hasRecordChanged).toBe(true);
    }
  });

  test("an end that was saved and not kept has its winner and its figures", () => {
    const { stage } = stageAt();
    const copy = kept(stage.session);
    for (let kills = 0; kills < 6; kills++) {
      stage.session.handleDamage(blow("bob", { attackerId: "ann", damage: 10_000 }), null);
      stage.tick(25);
    }
    const record = save(stage, (session) => ok(planSave(session)));
    const found = reconciled(copy, record, stage);
    expect(bodies(found)).toEqual([
      {
        ...{ kind: "session_ended", reason: "victory", winnerTeamId: "team-1", teams: record.teams },
        players: record.participants.map((participant) => figuresOf(participant, participant)),
      },
    ]);
    const { participants, winnerTeamId, endReason, endedAtMs, teams } = recordOf(found);
    expect({ winnerTeamId, endReason, endedAtMs, teams }).toEqual({
      ...{ winnerTeamId: "team-1", endReason: "victory", endedAtMs: record.endedAtMs, teams: record.teams },
    });
    expect(participants.map(({ kills, deaths }) => ({ kills, deaths }))).toEqual(
      record.participants.map(({ kills, deaths }) => ({ kills, deaths })),
    );
    expect(found.hasRecordChanged).toBe(false);
  });
});

describe("whether a seat is confirmed is in the record", () => {
  test("so who joined by a call and has no socket yet has still joined after a restart", () => {
    const stage = new Stage();
    must(stage.join("ann"));
    must(stage.join("bob", { listed: true }));
    const session = reopen(recordOf(stage.session), { nowMs: 0, unixMs: 0 });
    expect(session.roster.seats.map(({ playerId, confirmed }) => [playerId, confirmed])).toEqual([
      ["ann", true],
      ["bob", false],
    ]);
  });

  test.each([
    ["expected", false],
    ["connected", true],
    ["disconnected", true],
  ] as const)("a row of an older release does not say: %s counts as %s", (connection, confirmed) => {
    const stage = new Stage();
    stage.seat("ann");
    const { confirmed: _, ...old } = { ...recordOf(stage.session).participants[0]!, connection };
    expect(seatOf(old as Parameters<typeof seatOf>[0]).confirmed).toBe(confirmed);
  });
});
