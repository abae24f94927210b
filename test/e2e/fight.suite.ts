/**
 * A fight from end to end, over real processes and both socket formats: walking, walls, hits, kills, the end, and what
 * is left of it afterwards. A suite over whichever stores the system has; the tests beside it say which.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ActionResult, CombatEvent, CombatSession, WireFormat } from "#client/index.ts";
import type { Told } from "#support/ledger/told.ts";
import type { System } from "#support/system.ts";
import {
  approach,
  createMatch,
  inSight,
  type Match,
  openAll,
  openSpectator,
  readSession,
  serviceClient,
  shoot,
  shootDown,
  you,
} from "./match.ts";
import type { Viewer } from "./viewer.ts";

const FORMATS = ["json", "protobuf"] as const satisfies readonly WireFormat[];
const SEED = 7;
const RIFLE_DAMAGE = 22.75;
const FULL_DAMAGE_METRES = 48; // The rifle's damage falls from 50 m on.
const FIGHT_MS_MAX = 120_000;

type Fought = {
  readonly match: Match;
  readonly viewers: { readonly shooter: Viewer; readonly target: Viewer; readonly spectator: Viewer };
  readonly wasInSight: boolean;
  readonly wallShot: ActionResult;
  /** Events that the shooter had been shown when the answer to the shot at the wall came. */
  readonly eventsAtWallShot: readonly CombatEvent[];
  /** The shots of each kill. */
  readonly shots: readonly ActionResult[][];
  readonly closeCodes: readonly number[];
  readonly afterwards: CombatSession;
};

async function fight(system: System, format: WireFormat): Promise<Fought> {
  const match = await createMatch(system, format, { score_limit: 2, respawn_seconds: 0.5, seed: SEED });
  const spectator = await openSpectator(system, match, { camera_mode: "overview" });
  const [shooter, target] = await openAll(system, match);
  const viewers = { shooter, target, spectator };
  const targetId = you(target).playerId;

  const wasInSight = inSight(shooter, targetId);
  const wallShot = await shoot(shooter, { target_id: targetId });
  await shooter.flush();
  const eventsAtWallShot = [...shooter.events];

  const shots: ActionResult[][] = [];
  for (let kill = 1; kill <= 2; kill++) {
    await approach([shooter, target], FULL_DAMAGE_METRES);
    shots.push(await shootDown(shooter, targetId));
    if (kill === 1) {
      for (const viewer of [shooter, target]) await nextLife(viewer, targetId);
    }
  }
  const closes = await Promise.all(Object.values(viewers).map((viewer) => viewer.closed));
  const afterwards = await readSession(match);
  return {
    match,
    viewers,
    wasInSight,
    wallShot,
    eventsAtWallShot,
    shots,
    closeCodes: closes.map(({ code }) => code),
    afterwards,
  };
}

/** Of one who was killed: by the events, since the other viewers' news may be older. */
function nextLife(viewer: Viewer, playerId: string): Promise<boolean> {
  return viewer.until("the next life", () => {
    const killedAt = viewer.events.findIndex((event) => event.event === "player_killed");
    const lives = viewer.events.slice(killedAt).filter((event) => event.event === "player_respawned");
    return killedAt >= 0 && lives.some(({ data }) => data.player_id === playerId);
  });
}

export type FightStores = {
  /** Starts combat and gateway, over the data of a run before if told so. */
  start(dataDir?: string): Promise<System>;
  /** Everything numbered that was published, by session, in order. */
  published(dataDir: string): Promise<ReadonlyMap<string, readonly Told[]>>;
};

export function fightSuite(stores: FightStores): void {
  let system: System;
  const fights = new Map<WireFormat, Fought>();
  const all = (): Fought[] => FORMATS.map((format) => fights.get(format) as Fought);

  beforeAll(async () => {
    system = await stores.start();
    const fought = await Promise.all(FORMATS.map((format) => fight(system, format)));
    for (const [index, format] of FORMATS.entries()) fights.set(format, fought[index] as Fought);
  }, FIGHT_MS_MAX);

  afterAll(async () => {
    await system?.stop();
  });

  describe.each(FORMATS)("over combat.v1.%s", (format) => {
    const fought = () => fights.get(format) as Fought;

    test("a shot through a wall strikes the wall and hurts nobody", () => {
      const { wasInSight, wallShot, eventsAtWallShot, viewers } = fought();
      expect(wasInSight, "the match begins with a wall between the two").toBe(false);
      expect(wallShot).toMatchObject({
        success: true,
        action_type: "attack",
        hit: { hit: false, struck: "wall", damage: 0 },
      });
      expect(wallShot.hit?.target_id).toBeUndefined();
      expect(eventsAtWallShot.filter(({ event }) => event === "damage_dealt")).toEqual([]);
      expect(wallShot.ammunition).toBe(29);
      const first = viewers.spectator.events.find((event) => event.event === "damage_dealt") as CombatEvent;
      expect(first.tick).toBeGreaterThan(wallShot.hit?.tick_used as number);
    });

    test("walking at the greatest speed of the game is never corrected", () => {
      const { shooter, target } = fought().viewers;
      for (const viewer of [shooter, target]) {
        expect(viewer.inputCount).toBeGreaterThan(20);
        expect(viewer.messages.filter(({ type }) => type === "position_correction" || type === "error")).toEqual([]);
      }
    });

    test("each shot in the open takes exactly its damage, and no health is the end of a life", () => {
      const { viewers, shots, match } = fought();
      const lives: CombatEvent[][] = [[]];
      for (const event of viewers.spectator.events) {
        if (event.event === "damage_dealt") lives.at(-1)?.push(event);
        if (event.event === "player_killed") lives.push([]);
      }
      expect(lives.map((hits) => hits.length)).toEqual([5, 5, 0]);
      for (const [life, hits] of lives.slice(0, 2).entries()) {
        let health = 100;
        for (const [index, hit] of hits.entries()) {
          const damage = Math.min(RIFLE_DAMAGE, health);
          health -= damage;
          expect(hit.data).toEqual({
            attacker_id: match.playerIds[0],
            target_id: match.playerIds[1],
            damage,
            weapon: "assault_rifle",
            damage_type: "bullet",
            headshot: false,
            health,
            body_part: "torso",
            critical: false,
            decided_by: "local",
          });
          const receipt = shots[life]?.[index]?.hit;
          expect(receipt).toMatchObject({ hit: true, struck: "player", target_id: match.playerIds[1], damage });
        }
        expect(health).toBe(0);
      }
    });

    test("kills score, the score limit ends round and match, and the winner is told", () => {
      const { viewers, match } = fought();
      const { events } = viewers.spectator;
      const kills = events.filter((event) => event.event === "player_killed");
      expect(kills.map(({ data }) => data)).toEqual(
        [1, 2].map(() => ({
          victim_id: match.playerIds[1],
          killer_id: match.playerIds[0],
          weapon: "assault_rifle",
          headshot: false,
          assist_ids: [],
        })),
      );
      const teams = [
        { team_id: match.teamIds[0], score: 2, rounds_won: 1 },
        { team_id: match.teamIds[1], score: 0, rounds_won: 0 },
      ];
      expect(events.slice(-3).map(({ event }) => event)).toEqual(["player_killed", "round_ended", "session_ended"]);
      expect(events.at(-2)?.data).toEqual({ round: 1, winner_team_id: match.teamIds[0], teams });
      const end = { end_reason: "victory", winner_team_id: match.teamIds[0], teams };
      const figures = [
        { kills: 2, deaths: 0, damage_dealt: 200, longest_streak: 2, captures: 0 },
        { kills: 0, deaths: 2, damage_taken: 200, longest_streak: 0, captures: 0 },
      ];
      expect(events.at(-1)?.data).toMatchObject({ ...end, players: figures });
    });

    test("the end closes every socket with 4510", () => {
      expect(fought().closeCodes).toEqual([4510, 4510, 4510]);
    });

    test("all three viewers are shown the same events, by number without a gap", () => {
      const { spectator, shooter, target } = fought().viewers;
      const whole = new Map(spectator.events.map((event) => [event.seq, event]));
      const last = spectator.events.at(-1)?.seq as number;
      for (const viewer of [spectator, shooter, target]) {
        const shownBefore = viewer.states[0]?.last_seq as number;
        const numbers = viewer.events.map(({ seq }) => seq);
        expect(numbers).toEqual(Array.from({ length: last - shownBefore }, (_, index) => shownBefore + 1 + index));
        expect(viewer.events).toEqual(numbers.map((seq) => whole.get(seq)));
        expect(viewer.states).toHaveLength(1);
      }
    });

    test("afterwards the session reads as ended, with winner and figures", () => {
      const { afterwards, match } = fought();
      expect(afterwards).toMatchObject({ status: "ended", end_reason: "victory", winner_team_id: match.teamIds[0] });
      expect(figuresOf(afterwards)).toEqual([
        [2, 0, 200],
        [0, 2, 0],
      ]);
    });
  });

  test("both formats give the same result", () => {
    const [json, protobuf] = all().map(({ match, viewers, afterwards }) => ({
      winner: match.teamIds.indexOf(afterwards.winner_team_id as string),
      figures: figuresOf(afterwards),
      events: viewers.spectator.events.map(({ event }) => event),
      spawns: viewers.spectator.events
        .filter((event) => event.event === "player_respawned")
        .slice(0, 2)
        .map(spotOf),
    }));
    expect(protobuf).toEqual(json);
  });

  test("a restart on the same data finds the ended sessions, and each shown event published once and in order", async () => {
    const { dataDir } = system;
    expect(await system.stop({ keepData: true })).toEqual({ gateway: 0, combat: 0 });
    const published = await stores.published(dataDir);
    for (const { match, viewers } of all()) {
      const told = once(published.get(match.sessionId) ?? []);
      expect(told.map(({ seq }) => seq)).toEqual(told.map((_, index) => index + 1));
      const toldBefore = viewers.spectator.states[0]?.last_seq as number; // Nobody watched yet.
      const seats = match.playerIds.map((player_id, at) => ["player_joined", player_id, match.teamIds[at]]);
      const first = told.slice(0, toldBefore).map(({ event, data }) => [event, data["player_id"], data["team_id"]]);
      expect(first).toEqual(seats);
      expect(told.slice(toldBefore)).toEqual(viewers.spectator.events.map(toldOfShown));
    }
    system = await stores.start(dataDir);
    const service = await serviceClient(system);
    for (const { match, afterwards } of all()) {
      expect(await readSession({ service, sessionId: match.sessionId })).toEqual(afterwards);
    }
  }, 90_000);
}

/** The same event may be published again after a failure, under the same id: then it is the same to the last field. */
function once(told: readonly Told[]): Told[] {
  const byId = new Map<string, Told>();
  for (const one of told) {
    expect(one).toEqual(byId.get(one.eventId) ?? one);
    byId.set(one.eventId, one);
  }
  return [...byId.values()];
}

function toldOfShown({ event_id: eventId, seq, epoch, tick, event, data }: CombatEvent): Told {
  return { eventId, seq, epoch, tick, event, data };
}

/** Kills, deaths and damage of each seat. */
function figuresOf({ participants }: CombatSession): number[][] {
  return participants.map(({ kills, deaths, damage_dealt }) => [kills, deaths, damage_dealt]);
}

function spotOf(event: CombatEvent) {
  return event.event === "player_respawned" ? event.data.position : null;
}
