/** Sessions' states as the messages of checkpoint.proto have them, and back. One function each way, part by part. */
import { create } from "@bufbuild/protobuf";
import {
  type StoredFighter,
  type StoredObjectives,
  type StoredPatch,
  StoredPatchSchema,
  type StoredRules,
  type StoredSeat,
  type StoredSettings,
  type StoredState,
  StoredStateSchema,
  type StoredWorld,
  StoredWorldSchema,
} from "#gen/necpgame/combat/v1/checkpoint_pb.js";
import { optional } from "#kit/optional.ts";
import type { DamageAnswer } from "../session/damage-answers.ts";
import type { Seat } from "../session/roster.ts";
import type { EndReason, GameMode, SessionSettings, SessionStatus } from "../session/settings.ts";
import type { SessionState, StatePatch, WorldState } from "../session/state.ts";
import { noTally, type Tally } from "../session/tally.ts";
import { WEAPON_NAMES, WEAPONS, type WeaponName } from "../sim/content.ts";
import { noFeats } from "../sim/fighter.ts";
import { SLOTS_MAX } from "../sim/limits.ts";
import { PLAIN_MODE_RULES } from "../sim/modes/mode-rules.ts";
import { newMotion } from "../sim/motion.ts";
import { type Flag, noObjectives, type Objectives } from "../sim/objectives.ts";
import { ENFORCE_ALL } from "../sim/suspicion.ts";
import type { Fighter, Phase, PlayedMode, RulesInForce, Stance } from "../sim/world.ts";
import {
  abilitiesOf,
  comboMessage,
  effectMessages,
  energyMessage,
  fieldMessage,
  fieldOf,
  itemsMessage,
  spentMessages,
} from "./ability-messages.ts";
import { burstMessage, burstOf, projectileMessage, projectileOf } from "./flight-messages.ts";
import { loadoutMessage, loadoutOf } from "./loadout-messages.ts";
import { checksMessage, checksOf, motionMessage, motionOf } from "./motion-messages.ts";
import { rulingsMessage, rulingsOf } from "./rulings-messages.ts";

/** How those who play, and their seats, are put into a state. */
export type Parts = { fighter(fighter: Fighter): StoredFighter; seat(seat: Seat): StoredSeat };

export function stateMessage(
  state: SessionState,
  { fighter, seat }: Parts = { fighter: fighterMessage, seat: seatMessage },
): StoredState {
  const { start, seats, teams, rules, world, fighters, left, damageAnswers } = state;
  const message = create(StoredStateSchema, {
    ...start,
    settings: settingsMessage(start.settings),
    status: state.status,
    ...optional("startedAtMs", state.startedAtMs),
    ...optional("endedAtMs", state.endedAtMs),
    ...optional("endReason", state.endReason),
    ...optional("winnerTeamId", state.winnerTeamId),
    teams,
    rules: { ...rules, checks: checksMessage(rules.checks) },
    world: worldMessage(world),
    slots: fighters.length,
    left: left.map(({ playerId, fighter }) => ({ playerId, fighter: fighterMessage(fighter) })),
    damageAnswers: damageAnswers.map(answerMessage),
    tally: JSON.stringify(state.tally),
  });
  // As they are: `create` would copy them.
  message.seats = seats.map(seat);
  message.fighters = fighters.filter((one) => one !== null).map(fighter);
  return message;
}

export function stateOfMessage(message: StoredState): SessionState {
  const { id, hostPlayerId, seed, epoch, version, createdAtMs, lastSeq } = message;
  const settings = settingsOf(required(message.settings));
  return {
    start: { id, hostPlayerId, seed, epoch, version, createdAtMs, settings, lastSeq },
    status: message.status as SessionStatus,
    startedAtMs: message.startedAtMs ?? null,
    endedAtMs: message.endedAtMs ?? null,
    endReason: (message.endReason as EndReason | undefined) ?? null,
    winnerTeamId: message.winnerTeamId ?? null,
    seats: message.seats.map(seatOf),
    teams: message.teams,
    rules: rulesOf(required(message.rules)),
    world: worldOf(required(message.world)),
    fighters: bySlot(message.fighters.map(fighterOf), message.slots),
    left: message.left.map(({ playerId, fighter }) => ({ playerId, fighter: fighterOf(required(fighter)) })),
    damageAnswers: message.damageAnswers.map(answerOf),
    tally: message.tally === "" ? noTally() : (JSON.parse(message.tally) as Tally),
  };
}

export function patchMessage({ lastSeq, world, fighters, damageAnswers, seats }: StatePatch): StoredPatch {
  return create(StoredPatchSchema, {
    lastSeq,
    world: worldMessage(world),
    fighters: fighters.map(fighterMessage),
    damageAnswers: damageAnswers.map(answerMessage),
    seats: seats.map(seatMessage),
  });
}

export function patchOfMessage({ lastSeq, world, fighters, damageAnswers, seats }: StoredPatch): StatePatch {
  return {
    lastSeq,
    world: worldOf(required(world)),
    fighters: fighters.map(fighterOf),
    damageAnswers: damageAnswers.map(answerOf),
    seats: seats.map(seatOf),
  };
}

function worldMessage({ rng, winner, objectives, projectiles, fields, rulings, ...world }: WorldState): StoredWorld {
  return create(StoredWorldSchema, {
    ...world,
    projectiles: projectiles.map(projectileMessage),
    objectives: objectivesMessage(objectives),
    fields: fields.map(fieldMessage),
    ...rulingsMessage(rulings),
    ...optional("winner", winner),
    rng: [rng.a, rng.b, rng.c, rng.counter],
  });
}

function worldOf(message: StoredWorld): WorldState {
  const { rng, phase, tick, nowMs, liveAtMs, round, winner, sides, objectives, fields, rulings } = message;
  const [a = 0, b = 0, c = 0, counter = 0] = rng;
  return {
    rng: { a, b, c, counter },
    phase: phase as Phase,
    tick,
    nowMs,
    liveAtMs,
    round,
    winner: winner ?? null,
    sides: sides.map(({ score, roundsWon, kills }) => ({ score, roundsWon, kills })),
    objectives: objectives === undefined ? noObjectives() : objectivesOf(objectives),
    rulings: rulingsOf(rulings),
    fields: fields.map(fieldOf),
    projectiles: message.projectiles.map(projectileOf),
    lastProjectile: message.lastProjectile,
  };
}

/** Settings and rules of checkpoints without mode rules stay without, and are played by the plain ones; so with checks. */
function settingsOf(message: StoredSettings): SessionSettings {
  const { modeRules, checks, ...settings } = plain(message);
  const known: SessionSettings = { ...settings, gameMode: settings.gameMode as GameMode };
  if (modeRules !== undefined) known.modeRules = plain(modeRules);
  if (checks.length > 0) known.checks = checksOf(checks);
  return known;
}

function settingsMessage({ checks, ...settings }: SessionSettings) {
  return { ...settings, checks: checks === undefined ? [] : checksMessage(checks) };
}

function rulesOf(message: StoredRules): RulesInForce {
  const { modeRules, checks, ...rules } = plain(message);
  const mode = rules.mode as PlayedMode;
  return {
    ...rules,
    mode,
    modeRules: modeRules === undefined ? PLAIN_MODE_RULES : plain(modeRules),
    checks: checks.length === 0 ? ENFORCE_ALL : checksOf(checks),
  };
}

function objectivesMessage({ flags, zones, ...rest }: Objectives) {
  return {
    ...rest,
    flags: flags.map(({ state, carrier, position, returnsAtMs }) => {
      return { state, ...optional("carrier", carrier), ...position, returnsAtMs };
    }),
    zones: zones.map(({ owner, taker, ...zone }) => {
      return { ...zone, ...optional("owner", owner), ...optional("taker", taker) };
    }),
  };
}

function objectivesOf(message: StoredObjectives): Objectives {
  const { flags, zones, ...rest } = plain(message);
  return {
    ...rest,
    flags: flags.map(({ state, carrier, x, y, z, returnsAtMs }) => {
      return { state: state as Flag["state"], carrier: carrier ?? null, position: { x, y, z }, returnsAtMs };
    }),
    zones: zones.map((zone) => ({ ...plain(zone), owner: zone.owner ?? null, taker: zone.taker ?? null })),
  };
}

/** Written out: `create` and spreads copy what they are given, and this is most of what a checkpoint costs. */
export function fighterMessage(fighter: Fighter): StoredFighter {
  const { position, magazine, hurtBy, burst } = fighter;
  const message: StoredFighter = {
    $typeName: "necpgame.combat.v1.StoredFighter",
    slot: fighter.slot,
    side: fighter.side,
    x: position.x,
    y: position.y,
    z: position.z,
    yaw: fighter.yaw,
    pitch: fighter.pitch,
    stance: fighter.stance,
    alive: fighter.alive,
    health: fighter.health,
    weapon: fighter.weapon,
    magazine: WEAPON_NAMES.map((name) => magazine[name]),
    readyAtMs: fighter.readyAtMs,
    reloadedAtMs: fighter.reloadedAtMs,
    respawnAtMs: fighter.respawnAtMs,
    lastInput: fighter.lastInput,
    hurtBy: hurtBy.length === 0 ? [] : hurtBy.flatMap(({ slot, atMs }) => [slot, atMs]),
    kills: fighter.kills,
    deaths: fighter.deaths,
    assists: fighter.assists,
    damageDealt: fighter.damageDealt,
    damageTaken: fighter.damageTaken,
    shotsFired: fighter.shotsFired,
    shotsHit: fighter.shotsHit,
    headshots: fighter.headshots,
    feats: { $typeName: "necpgame.combat.v1.StoredFeats", ...fighter.feats },
    effects: effectMessages(fighter.effects),
    energy: energyMessage(fighter.energy),
    spent: spentMessages(fighter.spent),
    items: itemsMessage(fighter.items),
    combo: comboMessage(fighter.combo),
    motion: motionMessage(fighter.motion),
    armour: fighter.armour.amount,
  };
  if (burst !== null) message.burst = burstMessage(burst);
  return Object.assign(message, loadoutMessage(fighter.loadout));
}

function fighterOf(message: StoredFighter): Fighter {
  const { x, y, z, magazine, hurtBy, feats, effects, energy, spent, items, combo, armour, burst, motion, ...fighter } =
    plain(message);
  // Weapons that are newer than what was kept have full magazines.
  const rounds = WEAPON_NAMES.map((name, index) => [name, magazine[index] ?? WEAPONS[name].magazineRounds]);
  return {
    ...fighter,
    position: { x, y, z },
    feats: feats === undefined ? noFeats() : plain(feats),
    motion: motion === undefined ? newMotion({ x, y, z }) : motionOf(motion),
    armour: { amount: armour },
    burst: burst === undefined ? null : burstOf(burst),
    stance: fighter.stance as Stance,
    weapon: fighter.weapon as WeaponName,
    magazine: Object.fromEntries(rounds) as Record<WeaponName, number>,
    hurtBy: Array.from({ length: hurtBy.length / 2 }, (_, index) => ({
      slot: hurtBy[2 * index]!,
      atMs: hurtBy[2 * index + 1]!,
    })),
    ...abilitiesOf({ effects, energy, spent, items, combo }),
    loadout: loadoutOf(fighter.loadout),
  };
}

/** Written out as a fighter is; there are as many. */
export function seatMessage(seat: Seat): StoredSeat {
  const { joinKey, profiledBy = null } = seat;
  const message: StoredSeat = {
    $typeName: "necpgame.combat.v1.StoredSeat",
    playerId: seat.playerId,
    teamId: seat.teamId,
    slot: seat.slot,
    side: seat.side,
    joinedAtMs: seat.joinedAtMs,
    listed: seat.listed,
    confirmed: seat.confirmed,
    connection: seat.connection,
    graceUsedMs: seat.graceUsedMs,
    removed: seat.removed ?? false,
    displayName: seat.displayName,
  };
  if (profiledBy !== null) message.profiledBy = profiledBy;
  if (joinKey !== null) message.joinKey = joinKey;
  return Object.assign(message, loadoutMessage(seat.loadout));
}

function seatOf(message: StoredSeat): Seat {
  const { joinKey, connection, loadout, profiledBy, removed, ...seat } = plain(message);
  return {
    ...seat,
    connection: connection as Seat["connection"],
    joinKey: joinKey ?? null,
    loadout: loadoutOf(loadout),
    ...(removed && { removed }),
    ...optional("profiledBy", (profiledBy as Seat["profiledBy"]) ?? null),
  };
}

function answerMessage({ key, outcome: { lost, health, killed } }: DamageAnswer) {
  return { key, lost, health, killed };
}

/** The number of the input that asked is this process's own and means nothing to the next. */
function answerOf({ key, lost, health, killed }: { key: string; lost: number; health: number; killed: boolean }) {
  return { key, outcome: { kind: "damage", id: 0, lost, health, killed } } satisfies DamageAnswer;
}

function bySlot(fighters: readonly Fighter[], slots: number): (Fighter | null)[] {
  if (slots > SLOTS_MAX || fighters.some(({ slot }) => slot >= slots)) throw new Error("a seat is out of range");
  const placed: (Fighter | null)[] = Array.from({ length: slots }, () => null);
  for (const fighter of fighters) placed[fighter.slot] = fighter;
  return placed;
}

/** A message's own fields, without what the library keeps in it. */
function plain<Message extends { $typeName: string; $unknown?: unknown }>(
  message: Message,
): Omit<Message, "$typeName" | "$unknown"> {
  const { $typeName: _, $unknown: __, ...fields } = message;
  return fields;
}

function required<T>(part: T | undefined): T {
  if (part === undefined) throw new Error("a part is missing");
  return part;
}
