/**
 * Match: a session of two players in two teams on a running system, and the ways they walk and shoot.
 * Law: walkers keep to the greatest speed of the game and round the walls; nobody is moved by other means.
 * Not here: the sockets themselves (viewer.ts), what is expected of a fight (fight.test.ts).
 */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import {
  type ActionResult,
  type CombatEvent,
  type CombatSession,
  type CreateSession,
  type ServerMessage,
  SessionsClient,
  type Vec3,
  type WireFormat,
  type World,
} from "#client/index.ts";
import { SILENCE_MS } from "#combat/sim/history.ts";
import { REWIND_MS_MAX } from "#combat/sim/rewind.ts";
import type { System } from "#support/system.ts";
import { CHEST_METRES, EYES_METRES, sees } from "#tools/bots/sight.ts";
import { route, stepTowards } from "#tools/bots/walk-map.ts";
import { walkMapOf } from "#tools/bots/walk-maps.ts";
import { Viewer } from "./viewer.ts";

const WALK_METRES_PER_SECOND = 7;
const STEP_MS = 50;
const STEP_MS_MAX = 200; // After a stall the walker loses time, not legality.
const APPROACH_MS_MAX = 40_000;
/** How far back a shot may be judged, and how long before a pose its walk may begin. */
const JUDGED_MS_MAX = REWIND_MS_MAX + SILENCE_MS;

export type Match = {
  readonly service: SessionsClient;
  readonly sessionId: string;
  readonly format: WireFormat;
  /** Two or more, in turn of the one team and of the other. */
  readonly playerIds: readonly [string, string, ...string[]];
  readonly teamIds: readonly [string, string];
};

/** A session for two or more, created on their behalf; it starts by itself when all are connected. */
export async function createMatch(
  system: System,
  format: WireFormat,
  { playerCount = 2, ...settings }: Partial<CreateSession> & { playerCount?: number } = {},
): Promise<Match> {
  const service = await serviceClient(system);
  const furtherIds = Array.from({ length: playerCount - 2 }, () => randomUUID());
  const playerIds = [randomUUID(), randomUUID(), ...furtherIds] as const;
  const teamIds = [randomUUID(), randomUUID()] as const;
  const created = await service.create({
    game_mode: "team_deathmatch",
    max_rounds: 1,
    respawn_seconds: 0,
    participants: playerIds.map((player_id, index) => ({ player_id, team_id: teamIds[index % 2] as string })),
    ...settings,
  });
  if (!created.ok) throw new Error(`no session: ${JSON.stringify(created.refusal)}`);
  return { service, sessionId: created.value.id, format, playerIds, teamIds };
}

export async function serviceClient(system: System): Promise<SessionsClient> {
  return new SessionsClient({ url: system.url, token: await system.token(randomUUID(), ["service"]) });
}

/** A player's socket with the player's own token, once it was shown what there is. */
export async function openPlayer(system: System, match: Match, playerId: string): Promise<Viewer> {
  const { sessionId, format } = match;
  const viewer = await Viewer.open({ url: system.url, sessionId, format, token: await system.token(playerId) });
  await viewer.until("session_state", () => viewer.view.session);
  return viewer;
}

export async function openSpectator(
  system: System,
  match: Match,
  query: { readonly [name: string]: string } = {},
): Promise<Viewer> {
  const { sessionId, format } = match;
  const token = await system.token(randomUUID(), ["spectator"]);
  const viewer = await Viewer.open({ url: system.url, sessionId, format, token, spectate: true, query });
  await viewer.until("session_state", () => viewer.view.session);
  return viewer;
}

/** All players connected, and the round begun for all of them. */
export async function openAll(system: System, match: Match): Promise<[Viewer, Viewer, ...Viewer[]]> {
  const viewers: Viewer[] = [];
  for (const playerId of match.playerIds) viewers.push(await openPlayer(system, match, playerId));
  for (const viewer of viewers) {
    await viewer.until("everybody's first life", () => {
      const startedAt = viewer.messages.findIndex((message) => isEvent(message, "round_started"));
      const later = viewer.messages.slice(startedAt).filter((message) => isEvent(message, "player_respawned"));
      if (startedAt >= 0) return later.length >= match.playerIds.length;
      // Who came after the start was shown it whole; that the session has started is told before the round is.
      return viewer.messages.some((message) => message.type === "session_state" && message.session.status === "active");
    });
  }
  return viewers as [Viewer, Viewer, ...Viewer[]];
}

function isEvent(message: ServerMessage, name: CombatEvent["event"]): boolean {
  return message.type === "combat_event" && message.event === name;
}

/** Damage that a service decided, so that something happens without anybody walking; the same one's is dealt once. */
export async function hurt(
  system: System,
  match: Match,
  targetId: string,
  damage: number,
  by: string = randomUUID(),
): Promise<void> {
  const response = await fetch(`${system.url}/sessions/${match.sessionId}/damage`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${await system.token(by, ["service"])}`,
      "content-type": "application/json",
      "idempotency-key": by,
    },
    body: JSON.stringify({ target_id: targetId, damage, damage_type: "environmental", headshot: false }),
  });
  if (!response.ok) throw new Error(`no damage: ${response.status} ${await response.text()}`);
  await response.arrayBuffer();
}

/** What the service says of a session over REST. */
export async function readSession(match: Pick<Match, "service" | "sessionId">): Promise<CombatSession> {
  const answer = await match.service.get(match.sessionId);
  if (!answer.ok) throw new Error(`no session: ${JSON.stringify(answer.refusal)}`);
  return answer.value;
}

export function you(viewer: Viewer) {
  const player = viewer.view.you;
  if (player === null) throw new Error("a player that was shown no seat");
  return player;
}

/** Whether one player's eyes see the middle of the other, by what the server last said of both. */
export function inSight(viewer: Viewer, targetId: string): boolean {
  const target = viewer.view.players.get(targetId);
  const { world } = viewer.view;
  if (!target || !world) return false;
  return seesFrom(world, you(viewer).position, target.position);
}

function seesFrom(world: World, from: Vec3, to: Vec3): boolean {
  return sees(world.walls, { ...from, z: from.z + EYES_METRES }, { ...to, z: to.z + CHEST_METRES });
}

function distance(one: Vec3, other: Vec3): number {
  return Math.hypot(one.x - other.x, one.y - other.y, one.z - other.z);
}

/**
 * Both walk towards each other, round the walls, until they see each other within `metres`; then both stand for as long
 * as a shot may be judged by the past, in which they did not see each other yet.
 */
export async function approach([one, other]: readonly [Viewer, Viewer], metres: number): Promise<void> {
  const world = one.view.world as World;
  const map = walkMapOf(world);
  const startedAtMs = performance.now();
  let [here, there] = [you(one).position, you(other).position];
  const near = () => distance(here, there) <= metres && seesFrom(world, here, there) && seesFrom(world, there, here);
  for (let lastMs = startedAtMs; !near(); ) {
    await delay(STEP_MS);
    const nowMs = performance.now();
    if (nowMs - startedAtMs > APPROACH_MS_MAX) throw new Error("the players do not find each other");
    const length = (Math.min(STEP_MS_MAX, nowMs - lastMs) / 1000) * WALK_METRES_PER_SECOND;
    lastMs = nowMs;
    const [from, to] = [here, there];
    here = stride(from, route(map, from, to)[0] ?? to, length);
    there = stride(to, route(map, to, from)[0] ?? from, length);
    one.input("position_update", here);
    other.input("position_update", there);
  }
  for (const viewer of [one, other]) {
    await viewer.until("both walks taken in", () => isTaken(viewer, one) && isTaken(viewer, other));
  }
  await matchTime(one, JUDGED_MS_MAX);

  function stride(from: Vec3, to: { x: number; y: number }, length: number): Vec3 {
    const way = Math.hypot(to.x - from.x, to.y - from.y);
    const part = way <= length ? 1 : length / way;
    const next = { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
    const spot = stepTowards(map, from, next);
    return { x: centimetres(spot.x), y: centimetres(spot.y), z: from.z };
  }
}

/** Waits until this much match time has passed: on a busy machine it goes slower than a clock. */
async function matchTime(viewer: Viewer, ms: number): Promise<void> {
  const ticks = Math.ceil((ms / 1000) * viewer.view.tickRateHz);
  const from = await viewer.flush();
  while ((await viewer.flush()) < from + ticks) await delay(STEP_MS);
}

function isTaken(viewer: Viewer, walker: Viewer): boolean {
  const walked = viewer.view.players.get(you(walker).playerId);
  return walked !== undefined && walked.lastInput >= walker.inputCount;
}

function centimetres(metres: number): number {
  return Math.round(metres * 100) / 100;
}

/** Fires until a shot is taken: a weapon that is not ready yet is waited for as long as the server says. */
export async function shoot(shooter: Viewer, aim: { target_id: string } | { direction: Vec3 }): Promise<ActionResult> {
  for (;;) {
    const seq = shooter.input("combat_action", { action_type: "attack", ...aim });
    const answer = await shooter.answer(seq);
    if (answer.success || answer.reason !== "cooldown") return answer;
    await delay(answer.cooldown_ms);
  }
}

/** Fires at somebody in sight until that player is down; answers the shots that it took. */
export async function shootDown(shooter: Viewer, targetId: string): Promise<ActionResult[]> {
  const shots: ActionResult[] = [];
  while (shooter.view.players.get(targetId)?.alive) {
    const shot = await shoot(shooter, { target_id: targetId });
    if (!shot.success || shot.hit?.struck !== "player")
      throw new Error(`a shot that should hit: ${JSON.stringify(shot)}`);
    shots.push(shot);
  }
  return shots;
}
