/** Seats: who may sit, in which team, how long a seat is kept for one who is gone, and when a match begins by itself. */
import { describe, expect, test } from "vitest";
import { PLAYERS_MAX, SEATS_EVER_MAX } from "#combat/limits.ts";
import { wantsStart } from "#combat/session/beginning.ts";
import { planLeave, planSeat } from "#combat/session/changes.ts";
import { recordOf } from "#combat/session/record.ts";
import type { SessionSettings } from "#combat/session/settings.ts";
import { hashWorld } from "#combat/sim/hash.ts";
import { TEAMS_MAX } from "#combat/sim/limits.ts";
import { Recorder } from "#combat/sim/recorder.ts";
import { Replay } from "#combat/sim/replay.ts";
import { blow, must, problemOf, Stage, TICK_MS } from "./fixture.ts";

const GRACE_MS = 2_000;
const GRACE_TICKS = GRACE_MS / TICK_MS;
const RESPAWN_TICKS = 1_000 / TICK_MS;

function leave(stage: Stage, playerId: string): void {
  must(stage.carryOut(planLeave(stage.session, playerId)));
}

describe("teams", () => {
  test("those who ask for none are spread over two, the smaller first, the earlier on a tie", () => {
    const stage = new Stage();
    const teams = ["a", "b", "c", "d"].map((playerId) => must(stage.join(playerId)).teamId);
    expect(teams).toEqual(["team-1", "team-2", "team-1", "team-2"]);
    leave(stage, "b");
    expect(must(stage.join("e")).teamId).toBe("team-2");
  });

  test("a team asked for is given, however crowded", () => {
    const stage = new Stage();
    for (const playerId of ["a", "b", "c"]) must(stage.join(playerId, { teamId: "red" }));
    expect(stage.session.roster.teams).toEqual(["red"]);
    expect(must(stage.join("d")).teamId).toBe("team-4"); // A second one, since a match needs two.
  });

  test("a team that is named may lead the smallest by two, and no more", () => {
    const stage = new Stage({ maxPlayers: PLAYERS_MAX });
    must(stage.join("a", { teamId: "blue" }));
    for (const playerId of ["b", "c", "d"]) must(stage.join(playerId, { teamId: "red" }));
    expect(problemOf(stage.join("e", { teamId: "red" }))).toBe("INVALID_ARGUMENT");
    expect(must(stage.join("e")).teamId).toBe("blue");
    expect(must(stage.join("f", { teamId: "red" })).teamId).toBe("red");
  });

  test("a roster is seated as it was made", () => {
    const stage = new Stage({ maxPlayers: PLAYERS_MAX });
    must(stage.join("a", { teamId: "blue", listed: true }));
    for (const playerId of ["b", "c", "d", "e"]) must(stage.join(playerId, { teamId: "red", listed: true }));
    expect(stage.session.roster.sitting().length).toBe(5);
  });

  test.each(["capture_the_flag", "king_of_the_hill", "domination"] as const)("%s has two", (gameMode) => {
    const stage = new Stage({ gameMode, mapId: "foundry" });
    for (const teamId of ["red", "blue"]) must(stage.join(teamId, { teamId }));
    expect(problemOf(stage.join("c", { teamId: "green" }))).toBe("INVALID_ARGUMENT");
    expect(must(stage.join("c")).teamId).toBe("red");
  });

  test("in deathmatch everybody is a team, whatever was asked for", () => {
    const stage = new Stage({ gameMode: "deathmatch" });
    const seats = ["a", "b", "c"].map((playerId) => must(stage.join(playerId, { teamId: "red" })));
    expect(seats.map(({ teamId, side }) => `${teamId} ${side}`)).toEqual(["a 0", "b 1", "c 2"]);
  });

  test("there are ten at most, and who joins one of them still may", () => {
    const stage = new Stage({ maxPlayers: PLAYERS_MAX });
    for (let team = 0; team < TEAMS_MAX; team++) must(stage.join(`player-${team}`, { teamId: `team ${team}` }));
    expect(problemOf(stage.join("one more", { teamId: "eleventh" }))).toBe("INVALID_ARGUMENT");
    expect(stage.join("one more", { teamId: "team 3" }).ok).toBe(true);
  });
});

describe("seats", () => {
  test("are as many as the session has, and free again when somebody leaves", () => {
    const stage = new Stage({ maxPlayers: 3 });
    for (const playerId of ["a", "b", "c"]) must(stage.join(playerId));
    const refused = stage.join("d");
    expect(refused).toMatchObject({
      ok: false,
      problem: { error: "SESSION_FULL", details: { players: 3, max_players: 3 } },
    });
    expect(stage.session.roster.seat("d")).toBeNull();
    leave(stage, "b");
    expect(must(stage.join("d")).slot).toBe(1);
  });

  test("ever given are counted, so that coming and going does not grow the record without end", () => {
    const stage = new Stage({ gameMode: "deathmatch" });
    for (let joined = 0; joined < SEATS_EVER_MAX; joined++) {
      must(stage.join(`player-${joined}`));
      leave(stage, `player-${joined}`);
    }
    expect(problemOf(stage.join("one more"))).toBe("SESSION_FULL");
  });

  test("a leave is told, frees the slot, keeps the figures, and cannot be repeated", () => {
    const stage = new Stage();
    const { bob } = stage.startDuel();
    stage.seat("cid");
    stage.session.fighter(bob)!.kills = 7;
    stage.session.pollEvents();
    leave(stage, "bob");
    expect(stage.told()).toEqual(["player_left", "session_ended"]);
    expect(stage.session.roster.playerIdsBySlot()).toEqual(["ann", "", "cid"]);
    expect(stage.session.fighter(bob)).toMatchObject({ kills: 7 });
    expect(problemOf(planLeave(stage.session, "bob"))).toBe("PARTICIPANT_NOT_FOUND");
    expect(problemOf(planLeave(stage.session, "nobody"))).toBe("PARTICIPANT_NOT_FOUND");
  });

  test("when the last of the other team has left, the match ends for the one that stays", () => {
    const stage = new Stage();
    stage.startDuel();
    leave(stage, "ann");
    expect(stage.session).toMatchObject({ status: "ended", endReason: "disconnect", winnerTeamId: "team-2" });
  });
});

describe("who leaves and joins again", () => {
  /** Ann has a past; cid is of her team, so that the match goes on. */
  function left(changed: Partial<SessionSettings> = {}): Stage {
    const stage = new Stage(changed);
    const { ann } = stage.startDuel();
    stage.seat("cid", { teamId: ann.teamId });
    const fighter = stage.session.fighter(ann)!;
    Object.assign(fighter, { kills: 2, deaths: 3, shotsFired: 9, health: 100, energy: { amount: 0, atMs: 0 } });
    fighter.feats.longestStreak = 2;
    Object.assign(fighter.motion, { score: 95_000, scoreAtMs: stage.session.world.nowMs, stalledUs: 7, updates: 11 });
    leave(stage, "ann");
    return stage;
  }

  const FIGURES = { kills: 2, deaths: 3, shotsFired: 9, feats: { longestStreak: 2 } };

  test("keeps the figures, also in what is saved before it is so", () => {
    const stage = left();
    const request = { playerId: "ann", teamId: null, listed: false, key: null, newTeamId: "team", unixMs: 0 };
    const { record } = must(planSeat(stage.session, request));
    expect(record.participants.at(-1)).toMatchObject({ ...FIGURES, alive: false, health: 0 });
    expect(stage.session.fighter(must(stage.join("ann")))).toMatchObject(FIGURES);
    expect(recordOf(stage.session).participants.find(({ playerId }) => playerId === "ann")).toMatchObject(FIGURES);
    expect(stage.session.figuresOfLeft.size).toBe(0);
  });

  test("is suspected of what it was before", () => {
    const stage = left();
    expect(stage.session.fighter(must(stage.join("ann")))?.motion).toMatchObject({
      score: 95_000,
      stalledUs: 7,
      updates: 11,
    });
  });

  test("is down for as long as a fall costs, then begins a life like any other", () => {
    const stage = left();
    stage.told();
    const seat = must(stage.join("ann"));
    expect(stage.told()).not.toContain("player_respawned");
    expect(stage.session.fighter(seat)).toMatchObject({ alive: false, health: 0 });
    stage.tick(RESPAWN_TICKS - 1);
    expect(stage.session.fighter(seat)).toMatchObject({ alive: false, health: 0 });
    stage.tick();
    expect(stage.session.fighter(seat)).toMatchObject({ alive: true, health: 10_000, ...FIGURES });
  });

  test("does not shorten the wait of a fall", () => {
    const stage = left();
    const seat = must(stage.join("ann"));
    stage.tick(RESPAWN_TICKS);
    must(stage.session.handleDamage(blow("ann", { damage: 10_000 }), null));
    stage.tick(RESPAWN_TICKS / 2);
    expect(stage.session.fighter(seat)).toMatchObject({ alive: false, deaths: 4 });
    leave(stage, "ann");
    const again = must(stage.join("ann"));
    stage.tick(RESPAWN_TICKS - 1);
    expect(stage.session.fighter(again)).toMatchObject({ alive: false, deaths: 4 });
    stage.tick();
    expect(stage.session.fighter(again)).toMatchObject({ alive: true, deaths: 4 });
  });

  test("waits for the next round where nobody comes back within one", () => {
    const stage = left({ gameMode: "elimination" });
    const seat = must(stage.join("ann"));
    stage.tick(2 * RESPAWN_TICKS);
    expect(stage.session.fighter(seat)).toMatchObject({ alive: false, ...FIGURES });
    stage.session.handleRound(0, 2);
    expect(stage.session.fighter(seat)).toMatchObject({ alive: true, ...FIGURES });
  });

  test("stands at once before the match", () => {
    const stage = new Stage();
    stage.seat("ann");
    leave(stage, "ann");
    expect(stage.session.fighter(must(stage.join("ann")))).toMatchObject({ alive: true, health: 10_000 });
  });

  test("has its past in the recording, as it was when it joined", () => {
    const stage = left();
    const recorder = new Recorder(stage.session.world);
    stage.session.record(recorder);
    must(stage.join("ann"));
    stage.tick(RESPAWN_TICKS);
    recorder.end("over");
    const replay = new Replay();
    for (const part of recorder.pollParts()) replay.play(part);
    expect(replay.difference).toBeNull();
    expect(hashWorld(replay.world!)).toBe(hashWorld(stage.session.world));
  });

  test("keeps what it left when the match was over before the seat was its own", () => {
    const stage = left();
    const request = { playerId: "ann", teamId: null, listed: false, key: null, newTeamId: "team", unixMs: 0 };
    const planned = planSeat(stage.session, request);
    leave(stage, "bob"); // The only one of the other team.
    const seat = must(stage.carryOut(planned));
    expect(stage.session.fighter(seat)).toMatchObject(FIGURES);
  });
});

describe("the grace of one who is gone", () => {
  function gone(): Stage {
    const stage = new Stage();
    const { ann } = stage.startDuel();
    stage.seat("cid", { teamId: "team-1" }); // So that the match goes on without ann.
    stage.session.handleDisconnect(0, ann);
    stage.session.pollEvents();
    return stage;
  }

  test("keeps the seat for as long as was agreed, then gives it up", () => {
    const stage = gone();
    stage.tick(GRACE_TICKS);
    expect(stage.session.roster.seat("ann")?.connection).toBe("disconnected");
    stage.session.pollRecordChanged();
    stage.tick();
    expect(stage.session.roster.seat("ann")?.connection).toBe("left");
    expect(stage.told()).toEqual(["player_left"]);
    expect(stage.session.pollRecordChanged()).toBe(true);
  });

  test("stands still while the session is paused", () => {
    const stage = gone();
    stage.tick(GRACE_TICKS - 1);
    stage.status("paused");
    stage.tick(10 * GRACE_TICKS);
    stage.status("active");
    stage.tick();
    expect(stage.session.roster.seat("ann")?.connection).toBe("disconnected");
    stage.tick();
    expect(stage.session.roster.seat("ann")?.connection).toBe("left");
  });

  test("begins anew after a return, which is told", () => {
    const stage = gone();
    const ann = stage.session.roster.seat("ann")!;
    stage.tick(GRACE_TICKS);
    stage.session.handleConnect(0, ann);
    stage.session.handleDisconnect(0, ann);
    stage.tick(GRACE_TICKS);
    expect(ann.connection).toBe("disconnected");
    expect(stage.told()).toEqual(["player_reconnected", "player_disconnected"]);
  });

  test("does not run for one who was never here", () => {
    const stage = new Stage();
    must(stage.join("ann", { listed: true }));
    stage.tick(10 * GRACE_TICKS);
    expect(stage.session.roster.seat("ann")?.connection).toBe("expected");
  });

  test("a second disconnect of the same player tells nothing", () => {
    const stage = gone();
    stage.session.handleDisconnect(0, stage.session.roster.seat("ann")!);
    expect(stage.told()).toEqual([]);
  });
});

describe("a match that begins by itself", () => {
  type Row = {
    name: string;
    autoStart?: boolean;
    listed: string[];
    connected: string[];
    left?: string[];
    wants: boolean;
  };

  test.each<Row>([
    { name: "waits for nobody listed", listed: [], connected: ["x", "y"], wants: false },
    { name: "waits for the last of the listed", listed: ["a", "b"], connected: ["a"], wants: false },
    { name: "wants to when all listed are here", listed: ["a", "b"], connected: ["a", "b"], wants: true },
    {
      name: "does not wait for the listed who left",
      listed: ["a", "b", "c"],
      connected: ["a", "b"],
      left: ["c"],
      wants: true,
    },
    { name: "still needs two teams", listed: ["a"], connected: ["a"], wants: false },
    { name: "needs to be asked to", autoStart: false, listed: ["a", "b"], connected: ["a", "b"], wants: false },
  ])("$name", ({ autoStart = true, listed, connected, left = [], wants }) => {
    const stage = new Stage({ autoStart });
    for (const playerId of listed) must(stage.join(playerId, { listed: true }));
    for (const playerId of connected) {
      const seat = stage.session.roster.seat(playerId) ?? must(stage.join(playerId));
      stage.session.handleConnect(0, seat);
    }
    for (const playerId of left) leave(stage, playerId);
    expect(wantsStart(stage.session)).toBe(wants);
  });

  test("does so once: what is active wants nothing", () => {
    const stage = new Stage({ autoStart: true });
    stage.seat("a", { listed: true });
    stage.seat("b", { listed: true });
    stage.status("active");
    expect(wantsStart(stage.session)).toBe(false);
  });
});
