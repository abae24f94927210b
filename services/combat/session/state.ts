/**
 * State: a whole session as plain data, kept beside its owner's memory so that another can go on with it.
 * In:  a session, or a state and what was kept after it.   Out: the state; the session again, under a new owner's epoch.
 * Law: what was shown is in it. A session made of a state has the same world, to the last field; who was connected is
 *      disconnected, since the sockets' way went with the owner. Inputs that waited for a tick are not in it: nobody was
 *      answered for them.
 * Not here: bytes (stores/state-codec.ts), when it is kept (keeper.ts), what the record says besides (reconcile.ts).
 */
import type { Rng } from "#kit/rng.ts";
import type { Field } from "../sim/fields.ts";
import type { Objectives } from "../sim/objectives.ts";
import type { Projectile } from "../sim/projectiles.ts";
import type { Rulings } from "../sim/rulings.ts";
import type { Fighter, Phase, RulesInForce, Side, World } from "../sim/world.ts";
import type { DamageAnswer } from "./damage-answers.ts";
import { isOver } from "./lifecycle.ts";
import type { Seat } from "./roster.ts";
import { Session } from "./session.ts";
import type { SessionEvent } from "./session-events.ts";
import type { EndReason, SessionStatus } from "./settings.ts";
import type { SessionStart } from "./start.ts";
import { type Tally, tallied } from "./tally.ts";

/** What of a match goes on from tick to tick. The map is named by the settings. */
export type WorldState = {
  rng: Rng;
  phase: Phase;
  tick: number;
  nowMs: number;
  liveAtMs: number;
  round: number;
  winner: number | null;
  sides: Side[];
  objectives: Objectives;
  rulings: Rulings;
  fields: readonly Field[];
  projectiles: Projectile[];
  lastProjectile: number;
};

export type SessionState = {
  start: Omit<SessionStart, "owner">;
  status: SessionStatus;
  startedAtMs: number | null;
  endedAtMs: number | null;
  endReason: EndReason | null;
  winnerTeamId: string | null;
  /** In order of joining; team ids by side. */
  seats: Seat[];
  teams: string[];
  rules: RulesInForce;
  world: WorldState;
  /** By slot. */
  fighters: (Fighter | null)[];
  /** Figures of those who left. */
  left: { playerId: string; fighter: Fighter }[];
  damageAnswers: DamageAnswer[];
  /** Of all events up to the last one told. */
  tally: Tally;
};

/** What a few events changed: the world, the fighters and seats they are about, damage answered meanwhile. */
export type StatePatch = {
  lastSeq: number;
  world: WorldState;
  fighters: Fighter[];
  damageAnswers: DamageAnswer[];
  /** Of those whose connection was lost or came back. */
  seats: Seat[];
};

/** The session as it stands. Shares its parts with the living one: encode it before the next tick. */
export function stateOf(session: Session): SessionState {
  const { id, hostPlayerId, seed, epoch, version, createdAtMs, settings, roster, world } = session;
  const { status, startedAtMs, endedAtMs, endReason, winnerTeamId, figuresOfLeft } = session;
  return {
    start: { id, hostPlayerId, seed, epoch, version, createdAtMs, settings, lastSeq: session.seqOfLastEvent },
    status,
    startedAtMs,
    endedAtMs,
    endReason,
    winnerTeamId,
    seats: roster.seats,
    teams: roster.teams,
    rules: world.rules,
    world: worldStateOf(world),
    fighters: world.fighters,
    left: [...figuresOfLeft].map(([playerId, fighter]) => ({ playerId, fighter })),
    damageAnswers: session.damageAnswers.all(),
    tally: session.tally,
  };
}

/**
 * What these events changed, when they say no more than who hurt, felled or came back, and whose connection was lost or is there
 * again (which is what thousands do at once, when a network fails); null when only the whole state says it all.
 */
export function patchOf(session: Session, events: readonly SessionEvent[]): StatePatch | null {
  const slots = new Set<number>();
  for (const { body } of events) {
    const involved = playersIn(body);
    if (involved === null) return null;
    for (const playerId of involved) {
      const seat = playerId === null ? null : session.roster.seat(playerId);
      if (seat !== null && seat.connection !== "left") slots.add(seat.slot);
    }
  }
  const fighters = [...slots].flatMap((slot) => session.world.fighters[slot] ?? []);
  const damageAnswers = session.damageAnswers.pollFresh();
  const seats = [...new Set(events.flatMap(({ body }) => seatChangedBy(body, session) ?? []))];
  return { lastSeq: session.seqOfLastEvent, world: worldStateOf(session.world), fighters, damageAnswers, seats };
}

function seatChangedBy(body: SessionEvent["body"], { roster }: Session): Seat | null {
  const isOfConnection = body.kind === "player_disconnected" || body.kind === "player_reconnected";
  return isOfConnection ? roster.seat(body.playerId) : null;
}

function playersIn(body: SessionEvent["body"]): (string | null)[] | null {
  switch (body.kind) {
    case "damage_dealt":
      return [body.attackerId, body.targetId];
    case "player_killed":
      return [body.victimId, body.killerId, ...body.assistIds];
    case "player_respawned":
    case "projectile_fired":
      return [body.playerId];
    case "projectile_ended":
      return [body.shooterId];
    case "effect_applied":
      return [body.targetId, body.sourceId];
    case "item_used":
      return [body.playerId];
    case "effect_ended":
      return [body.targetId];
    case "ability_used":
      return [body.playerId, body.targetId];
    case "player_healed":
      return [body.playerId, body.healerId];
    case "player_disconnected":
    case "player_reconnected":
      return []; // Of a seat; its fighter stands where it stood.
    default:
      return null;
  }
}

/** The state with a patch over it, after these events. */
export function patched(state: SessionState, patch: StatePatch, events: readonly SessionEvent[]): SessionState {
  const fighters = [...state.fighters];
  for (const fighter of patch.fighters) {
    while (fighters.length <= fighter.slot) fighters.push(null);
    fighters[fighter.slot] = fighter;
  }
  const damageAnswers = [...state.damageAnswers, ...patch.damageAnswers];
  const fresh = events.filter(({ seq }) => seq > state.start.lastSeq).map(({ body }) => body);
  const tally = tallied(state.tally, fresh);
  const start = { ...state.start, lastSeq: patch.lastSeq };
  const changed = new Map(patch.seats.map((seat) => [seat.playerId, seat]));
  const seats = state.seats.map((seat) => changed.get(seat.playerId) ?? seat);
  return { ...state, start, world: patch.world, fighters, damageAnswers, tally, seats };
}

/** The session of a state, as it was. */
export function sessionOf(state: SessionState, owned: { epoch: number; owner: string }, nowMs: number): Session {
  const { start, status, startedAtMs, endedAtMs, endReason, winnerTeamId } = state;
  const session = new Session({ ...start, ...owned, settings: { ...start.settings } }, nowMs);
  const tally = structuredClone(state.tally);
  Object.assign(session, { status, startedAtMs, endedAtMs, endReason, winnerTeamId, tally });
  session.roster.restore(state.teams, state.seats);
  const fighters = structuredClone(state.fighters);
  Object.assign(session.world, structuredClone(state.world), { rules: { ...state.rules }, fighters });
  for (const { playerId, fighter } of state.left) session.figuresOfLeft.set(playerId, fighter);
  session.damageAnswers.restore(state.damageAnswers);
  return session;
}

/** Goes on with a state as its new owner. Tells who was cut off with the old one. */
export function revive(
  state: SessionState,
  owned: { epoch: number; owner: string },
  time: { nowMs: number; unixMs: number },
): Session {
  const session = sessionOf(state, owned, time.nowMs);
  if (!isOver(session.status)) for (const seat of session.roster.seats) session.handleDisconnect(time.unixMs, seat);
  return session;
}

function worldStateOf(world: World): WorldState {
  const { rng, phase, tick, nowMs, liveAtMs, round, winner, sides, objectives, fields, rulings } = world;
  const { projectiles, lastProjectile } = world;
  const match = { rng, phase, tick, nowMs, liveAtMs, round, winner, sides, objectives };
  return { ...match, fields, rulings, projectiles, lastProjectile };
}
