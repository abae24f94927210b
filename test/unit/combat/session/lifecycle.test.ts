/** The life of a session: every pair of statuses is legal or refused, and what each legal one does. */
import { describe, expect, test } from "vitest";
import { planEnd, planLeave, planSeat, planSettings, planStatus, planUpdate } from "#combat/session/changes.ts";
import { isOver, mayMove } from "#combat/session/lifecycle.ts";
import type { GameMode } from "#combat/session/settings.ts";
import { SESSION_STATUSES, type SessionStatus } from "#combat/session/settings.ts";
import { must, problemOf, Stage } from "./fixture.ts";

/** Written out here once more, so that a change of the table in the code shows. */
const LEGAL = new Set([
  "waiting active",
  "waiting cancelled",
  "active paused",
  "active ended",
  "active cancelled",
  "paused active",
  "paused ended",
  "paused cancelled",
]);

const PAIRS = SESSION_STATUSES.flatMap((from) =>
  SESSION_STATUSES.map((to) => ({ from, to, legal: LEGAL.has(`${from} ${to}`) })),
);

/** A session of two players in this status. */
function stageIn(status: SessionStatus): Stage {
  const stage = new Stage();
  stage.seat("ann");
  stage.seat("bob");
  if (status !== "waiting" && status !== "cancelled") stage.status("active");
  if (status === "paused") stage.status("paused");
  if (isOver(status)) {
    const end = { status: status as "ended" | "cancelled", reason: "cancelled" } as const;
    must(stage.carryOut(planEnd(stage.session, end, 0)));
  }
  expect(stage.session.status).toBe(status);
  stage.session.pollEvents();
  return stage;
}

describe.each(PAIRS)("from $from to $to (legal: $legal)", ({ from, to, legal }) => {
  test("the table agrees", () => expect(mayMove(from, to)).toBe(legal));

  test("the session does it, or refuses and stays as it was", () => {
    const stage = stageIn(from);
    const { session } = stage;
    const update = { expectedVersion: null, status: to, settings: null };
    const result = stage.carryOut(planUpdate(session, update, stage.clock.unixMs()));
    if (from === to)
      expect(result.ok).toBe(true); // The status it has already is no change.
    else expect(result.ok ? "none" : result.problem.error).toBe(legal ? "none" : "INVALID_STATE_TRANSITION");
    expect(session.status).toBe(legal ? to : from);
    expect(session.pollEvents().length > 0).toBe(legal && from !== to);
  });
});

test("each step is told once, numbered without gaps", () => {
  const stage = new Stage();
  stage.startDuel();
  stage.status("paused");
  stage.status("active");
  must(stage.carryOut(planEnd(stage.session, { status: "ended", reason: "cancelled" }, 0)));
  const events = stage.session.pollEvents();
  expect(events.map((event) => event.body.kind)).toEqual([
    ...["player_joined", "player_joined", "session_started", "round_started", "player_respawned", "player_respawned"],
    ...["session_paused", "session_resumed", "session_ended"],
  ]);
  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
  expect(stage.session.pollEvents()).toEqual([]);
});

test.each<{ name: string; gameMode: GameMode; teams: (string | null)[]; starts: boolean }>([
  ...(["capture_the_flag", "king_of_the_hill", "domination", "elimination"] as const).flatMap((gameMode) => [
    { name: "two of one team", gameMode, teams: ["red", "red"], starts: false },
    { name: "two of two teams", gameMode, teams: ["red", "blue"], starts: true },
  ]),
  { name: "nobody", gameMode: "deathmatch", teams: [], starts: false },
  { name: "one alone", gameMode: "deathmatch", teams: [null], starts: false },
  { name: "two", gameMode: "deathmatch", teams: [null, null], starts: true },
  { name: "two of one team", gameMode: "team_deathmatch", teams: ["red", "red"], starts: false },
  { name: "two of two teams", gameMode: "team_deathmatch", teams: ["red", "blue"], starts: true },
])("$gameMode with $name starts: $starts", ({ gameMode, teams, starts }) => {
  const stage = new Stage({ gameMode, mapId: "foundry" });
  for (const [index, teamId] of teams.entries()) stage.seat(`player-${index}`, { teamId });
  const planned = planStatus(stage.session, "active", 0);
  expect(planned.ok ? "none" : planned.problem.error).toBe(starts ? "none" : "INVALID_STATE_TRANSITION");
});

describe.each(["ended", "cancelled"] as const)("once %s", (status) => {
  test("nothing changes it any more", () => {
    const { session } = stageIn(status);
    const seat = { playerId: "eve", teamId: null, listed: false, key: null, newTeamId: "new", unixMs: 0 };
    const settings = { maxRounds: 5, timeLimitMinutes: null, allowSpectators: null, currentRound: null };
    expect(problemOf(planSeat(session, seat))).toBe("INVALID_STATE_TRANSITION");
    expect(problemOf(planLeave(session, "ann"))).toBe("INVALID_STATE_TRANSITION");
    expect(problemOf(planSettings(session, settings))).toBe("INVALID_STATE_TRANSITION");
  });

  test("ticks, comings and goings tell nothing and step nothing", () => {
    const stage = stageIn(status);
    const { tick } = stage.session.world;
    stage.session.handleDisconnect(0, stage.session.roster.seat("ann")!);
    stage.session.handleLeave(0, "bob");
    stage.tick(100);
    expect(stage.told()).toEqual([]);
    expect(stage.session.world.tick).toBe(tick);
  });
});

test("while paused match time stands still and moves are corrected to where one stands", () => {
  const stage = new Stage();
  const { ann } = stage.startDuel();
  stage.status("paused");
  const { nowMs, tick } = stage.session.world;
  const { position } = stage.session.fighter(ann)!;
  expect(stage.move(ann, 10)).toEqual({ ok: false, check: "paused", position, measured: 0, threshold: 0 });
  stage.tick(100);
  expect(stage.session.world).toMatchObject({ nowMs, tick });
  stage.status("active");
  stage.tick();
  expect(stage.session.world.tick).toBe(tick + 1);
  expect(stage.move(ann, 10)).toEqual({ ok: true });
});

test("an end that comes while a status is being saved stands", () => {
  const stage = new Stage();
  stage.startDuel();
  const saving = must(planStatus(stage.session, "paused", 0));
  stage.session.handleEnd(0, { status: "ended", reason: "victory", winner: 0 });
  saving.apply({ nowMs: 0, unixMs: 0 });
  expect(stage.session).toMatchObject({ status: "ended", endReason: "victory", winnerTeamId: "team-1" });
});

test("a change based on an older version is refused, with the version to read", () => {
  const stage = stageIn("active");
  const planned = planUpdate(stage.session, { expectedVersion: 99, status: "paused", settings: null }, 0);
  expect(planned).toMatchObject({ ok: false, problem: { error: "VERSION_CONFLICT", details: { allowed: 1 } } });
});

test.each([
  {
    name: "a round in a session that waits",
    from: "waiting",
    change: { currentRound: 2 },
    no: "INVALID_STATE_TRANSITION",
  },
  { name: "a round beyond the last", from: "active", change: { currentRound: 4 }, no: "INVALID_ARGUMENT" },
  { name: "fewer rounds than were begun", from: "active", change: { maxRounds: 0 }, no: "INVALID_ARGUMENT" },
  { name: "the last round", from: "active", change: { currentRound: 3 }, no: "none" },
  { name: "more rounds, and one of them", from: "paused", change: { maxRounds: 5, currentRound: 5 }, no: "none" },
] as const)("settings: $name: $no", ({ from, change, no }) => {
  const stage = stageIn(from);
  const none = { maxRounds: null, timeLimitMinutes: null, allowSpectators: null, currentRound: null };
  const result = stage.carryOut(planSettings(stage.session, { ...none, ...change }));
  expect(problemOf(result)).toBe(no);
  if (no === "none") expect(stage.session.world.round).toBe(change.currentRound);
});
