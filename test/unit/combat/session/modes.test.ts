/** Modes in a session: what is told and shown of objectives, forfeits, figures at the end, and what a checkpoint keeps. */
import { describe, expect, test } from "vitest";
import type { GameMode } from "#combat/session/settings.ts";
import { revive, stateOf } from "#combat/session/state.ts";
import { hashWorld } from "#combat/sim/hash.ts";
import { PLAIN_MODE_RULES, USUAL_MODE_RULES } from "#combat/sim/modes/mode-rules.ts";
import { KnownBytes } from "#combat/stores/known-bytes.ts";
import { decodeState, encodeState } from "#combat/stores/state-codec.ts";
import { stateMessage, stateOfMessage } from "#combat/stores/state-messages.ts";
import { OWNER, Stage, TICK_MS } from "./fixture.ts";

function duel(gameMode: GameMode): { stage: Stage; ann: number; bob: number } {
  const stage = new Stage({ gameMode, mapId: "foundry", modeRules: USUAL_MODE_RULES, scoreLimit: 50 });
  const { ann, bob } = stage.startDuel();
  stage.told();
  return { stage, ann: ann.slot, bob: bob.slot };
}

function put(stage: Stage, slot: number, position: { x: number; y: number; z: number }): void {
  stage.session.world.fighters[slot]!.position = position;
}

describe("what is told and shown", () => {
  test("who takes a flag is named, with the team whose it is", () => {
    const { stage, ann } = duel("capture_the_flag");
    const { flags } = stage.session.world.objectives;
    put(stage, ann, flags[1]!.position);
    stage.tick();
    const teams = { ownerTeamId: "team-2", teamId: "team-1", playerId: "ann" };
    expect(stage.session.pollEvents().map(({ body }) => body)).toMatchObject([
      { kind: "objective_changed", objective: "flag", change: "taken", ...teams },
    ]);
    expect(stage.session.pollChanges()?.objectives?.flags[1]).toMatchObject({ state: "carried", carrier: ann });
  });

  test("scores come with frames, and unchanged objectives do not", () => {
    const { stage, ann } = duel("king_of_the_hill");
    put(stage, ann, stage.session.world.map.places!.hills[0]!.position);
    stage.tick(1_000 / TICK_MS);
    expect(stage.session.pollChanges()?.objectives).toMatchObject({ scores: [1, 0], zones: [{ owner: 0 }] });
    expect(stage.session.pollChanges()).toBeNull();
    expect(stage.session.keyframe().objectives?.scores).toEqual([1, 0]);
  });

  test("poses alone say nothing of objectives", () => {
    const { stage, ann } = duel("capture_the_flag");
    stage.session.pollChanges();
    put(stage, ann, stage.session.world.objectives.flags[1]!.position);
    stage.tick();
    expect(stage.session.pollChanges("poses")?.objectives).toBeNull();
    expect(stage.session.pollChanges()?.objectives?.flags[1]?.state).toBe("carried");
  });

  test("modes without objectives show none", () => {
    const { stage } = duel("team_deathmatch");
    expect(stage.session.keyframe().objectives).toBeNull();
  });
});

describe("a side that is empty", () => {
  test("for longer than the grace gives the match away, and not before", () => {
    const { stage } = duel("domination");
    const graceTicks = 2_000 / TICK_MS;
    stage.session.handleDisconnect(0, stage.session.roster.seat("bob")!);
    stage.tick(graceTicks);
    expect(stage.session.status).toBe("active");
    stage.tick();
    const { status, endReason, winnerTeamId } = stage.session;
    expect({ status, endReason, winnerTeamId }).toEqual({
      status: "ended",
      endReason: "disconnect",
      winnerTeamId: "team-1",
    });
  });

  test("by leaving gives it away at once, and the end has the figures of who left", () => {
    const { stage, ann } = duel("capture_the_flag");
    put(stage, ann, stage.session.world.objectives.flags[1]!.position);
    stage.tick(3);
    stage.told();
    stage.session.handleLeave(0, "ann");
    const events = stage.session.pollEvents().map(({ body }) => body);
    expect(events.map(({ kind }) => kind)).toEqual(["player_left", "objective_changed", "session_ended"]);
    const figures = [{ playerId: "ann", objectiveMs: 2 * TICK_MS, captures: 0 }, { playerId: "bob" }];
    expect(events.at(-1)).toMatchObject({ reason: "disconnect", winnerTeamId: "team-2", players: figures });
  });
});

describe("a checkpoint", () => {
  /** With what is known of its fighters from the one before, it is as one that is encoded from nothing. */
  function expectKnown(stage: Stage, known: KnownBytes): void {
    stage.session.pollUnkept(known);
    const state = stateOf(stage.session);
    expect(decodeState(encodeState(state, { known }))).toEqual(decodeState(encodeState(state)));
  }

  test.each(["capture_the_flag", "king_of_the_hill", "domination"] as const)(
    "of %s has the time at an objective while nobody does anything",
    (gameMode) => {
      const { stage, ann, bob } = duel(gameMode);
      const { places } = stage.session.world.map;
      const spot = gameMode === "domination" ? places!.zones[0]!.position : places!.hills[0]!.position;
      put(stage, ann, gameMode === "capture_the_flag" ? places!.bases[1]! : spot);
      if (gameMode !== "capture_the_flag") put(stage, bob, spot); // Contested: nobody scores, and both are there.
      stage.tick(3);
      const known = new KnownBytes();
      expectKnown(stage, known);
      const { feats } = stage.session.world.fighters[ann]!;
      const before = feats.objectiveMs;
      stage.tick(20);
      expect(feats.objectiveMs).toBeGreaterThan(before);
      expectKnown(stage, known);
    },
  );

  test("has what everybody was forgiven when the process stood still", () => {
    const { stage } = duel("team_deathmatch");
    stage.tick(3);
    const known = new KnownBytes();
    expectKnown(stage, known);
    const before = structuredClone(stage.session.world.fighters[1]!.motion);
    stage.clock.advance(1_000);
    stage.tick();
    expect(stage.session.world.fighters[1]!.motion).not.toEqual(before);
    expectKnown(stage, known);
  });

  test.each(["capture_the_flag", "king_of_the_hill", "domination", "elimination"] as const)(
    "of %s comes back as the same world, and plays on alike",
    (gameMode) => {
      const { stage, ann } = duel(gameMode);
      const { places } = stage.session.world.map;
      const spot = gameMode === "domination" ? places!.zones[0]!.position : places!.hills[0]!.position;
      put(stage, ann, gameMode === "capture_the_flag" ? places!.bases[1]! : spot);
      stage.tick(7);
      const bytes = encodeState(stateOf(stage.session));
      const time = { nowMs: stage.clock.nowMs(), unixMs: stage.clock.unixMs() };
      const copy = revive(decodeState(bytes), { epoch: 2, owner: OWNER }, time);
      expect(hashWorld(copy.world)).toBe(hashWorld(stage.session.world));
      for (let tick = 0; tick < 20; tick++) {
        stage.tick();
        copy.handleTick(stage.clock.nowMs(), stage.clock.unixMs());
      }
      expect(hashWorld(copy.world)).toBe(hashWorld(stage.session.world));
    },
  );

  test("from before there were modes' rules, objectives and feats is read, and played by the plain rules", () => {
    const { stage } = duel("team_deathmatch");
    const message = stateMessage(stateOf(stage.session));
    delete message.settings!.modeRules;
    delete message.rules!.modeRules;
    delete message.world!.objectives;
    for (const fighter of message.fighters) delete fighter.feats;
    const { rules, world, fighters, start } = stateOfMessage(message);
    expect(rules.modeRules).toEqual(PLAIN_MODE_RULES);
    expect(start.settings).not.toHaveProperty("modeRules");
    expect(world.objectives).toMatchObject({ flags: [], zones: [], overtimeAtMs: 0 });
    expect(fighters[0]?.feats).toEqual({ objectiveMs: 0, captures: 0, streak: 0, longestStreak: 0, bestCombo: 0 });
  });
});
