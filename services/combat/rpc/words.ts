/** The wire's enums by the domain's words: one table each, read both ways. A word without a number does not compile. */
import { ActionType, BodyPart, DamageType, EffectKind, Stance } from "#gen/necpgame/combat/v1/realtime_pb.js";
import {
  CameraMode,
  ConnectionStatus,
  EndReason,
  GameMode,
  SessionStatus,
} from "#gen/necpgame/combat/v1/session_pb.js";
import { LeaderboardFigure } from "#gen/necpgame/combat/v1/session_service_pb.js";
import type { CameraMode as CameraModeWord } from "../session/cameras.ts";
import type { ActionType as ActionTypeWord } from "../session/orders.ts";
import type * as words from "../session/settings.ts";
import type { BodyPart as BodyPartWord } from "../sim/body.ts";
import type { EffectKind as EffectKindWord } from "../sim/effect-table.ts";
import type { DamageType as DamageTypeWord } from "../sim/events.ts";
import type { Stance as StanceWord } from "../sim/world.ts";

export const STATUS = {
  waiting: SessionStatus.WAITING,
  active: SessionStatus.ACTIVE,
  paused: SessionStatus.PAUSED,
  ended: SessionStatus.ENDED,
  cancelled: SessionStatus.CANCELLED,
} as const satisfies Record<words.SessionStatus, SessionStatus>;

export const GAME_MODE = {
  deathmatch: GameMode.DEATHMATCH,
  team_deathmatch: GameMode.TEAM_DEATHMATCH,
  capture_the_flag: GameMode.CAPTURE_THE_FLAG,
  king_of_the_hill: GameMode.KING_OF_THE_HILL,
  domination: GameMode.DOMINATION,
  elimination: GameMode.ELIMINATION,
} as const satisfies Record<words.GameMode, GameMode>;

export const END_REASON = {
  victory: EndReason.VICTORY,
  timeout: EndReason.TIMEOUT,
  disconnect: EndReason.DISCONNECT,
  cancelled: EndReason.CANCELLED,
} as const satisfies Record<words.EndReason, EndReason>;

export const LEADERBOARD_FIGURE = {
  kills: LeaderboardFigure.KILLS,
  assists: LeaderboardFigure.ASSISTS,
  damage_dealt: LeaderboardFigure.DAMAGE_DEALT,
  headshots: LeaderboardFigure.HEADSHOTS,
  accuracy: LeaderboardFigure.ACCURACY,
  objective_ms: LeaderboardFigure.OBJECTIVE_MS,
  captures: LeaderboardFigure.CAPTURES,
  longest_streak: LeaderboardFigure.LONGEST_STREAK,
  best_combo: LeaderboardFigure.BEST_COMBO,
} as const;

export const CAMERA_MODE = {
  free: CameraMode.FREE,
  follow_player: CameraMode.FOLLOW_PLAYER,
  overview: CameraMode.OVERVIEW,
  cinematic: CameraMode.CINEMATIC,
} as const satisfies Record<CameraModeWord, CameraMode>;

export const ACTION_TYPE = {
  attack: ActionType.ATTACK,
  ability: ActionType.ABILITY,
  special_move: ActionType.SPECIAL_MOVE,
  reload: ActionType.RELOAD,
  switch_weapon: ActionType.SWITCH_WEAPON,
  use_item: ActionType.USE_ITEM,
} as const satisfies Record<ActionTypeWord, ActionType>;

export const STANCE = {
  stand: Stance.STAND,
  crouch: Stance.CROUCH,
} as const satisfies Record<StanceWord, Stance>;

export const CONNECTION = {
  expected: ConnectionStatus.EXPECTED,
  connected: ConnectionStatus.CONNECTED,
  disconnected: ConnectionStatus.DISCONNECTED,
  left: ConnectionStatus.LEFT,
} as const satisfies Record<words.ConnectionStatus, ConnectionStatus>;

export const BODY_PART = {
  head: BodyPart.HEAD,
  torso: BodyPart.TORSO,
  legs: BodyPart.LEGS,
} as const satisfies Record<BodyPartWord, BodyPart>;

export const DAMAGE_TYPE = {
  bullet: DamageType.BULLET,
  melee: DamageType.MELEE,
  explosion: DamageType.EXPLOSION,
  ability: DamageType.ABILITY,
  environmental: DamageType.ENVIRONMENTAL,
} as const satisfies Record<DamageTypeWord, DamageType>;

export const EFFECT_KIND = {
  bleed: EffectKind.BLEED,
  burn: EffectKind.BURN,
  poison: EffectKind.POISON,
  stun: EffectKind.STUN,
  slow: EffectKind.SLOW,
  blind: EffectKind.BLIND,
  silence: EffectKind.SILENCE,
  shield: EffectKind.SHIELD,
  damage_boost: EffectKind.DAMAGE_BOOST,
  haste: EffectKind.HASTE,
  reveal: EffectKind.REVEAL,
} as const satisfies Record<EffectKindWord, EffectKind>;
