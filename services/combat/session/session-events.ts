/** What a session tells, by the players' names and numbered without gaps. The last form before the wire's. */

import type { ProfiledBy } from "../related/player.ts";
import type { BodyPart } from "../sim/body.ts";
import type { AbilityName } from "../sim/content/abilities.ts";
import type { ItemName } from "../sim/content/items.ts";
import type { EffectKind } from "../sim/effect-table.ts";
import type { AbilityDecidedBy, DamageType, DecidedBy, ObjectiveChange, ObjectiveKind } from "../sim/events.ts";
import type { Point } from "../sim/world.ts";
import type { TeamRecord } from "../stores/session-store.ts";
import type { PlayerFigures } from "./figures.ts";
import type { NamedFinding } from "./findings.ts";
import type { EndReason, GameMode } from "./settings.ts";
import type { FiredShot } from "./shots.ts";

export type EventBody =
  | { kind: "session_started"; mapId: string; gameMode: GameMode }
  | { kind: "session_paused" }
  | { kind: "session_resumed" }
  | {
      kind: "session_ended";
      reason: EndReason;
      winnerTeamId: string | null;
      teams: TeamRecord[];
      /** Absent in what older releases kept. */
      players?: PlayerFigures[];
    }
  | { kind: "overtime_started"; round: number; endsAfterMs: number }
  | {
      kind: "objective_changed";
      objective: ObjectiveKind;
      change: ObjectiveChange;
      place: string;
      ownerTeamId: string | null;
      teamId: string | null;
      playerId: string | null;
      position: Point;
    }
  | { kind: "round_started"; round: number; maxRounds: number }
  | { kind: "round_ended"; round: number; winnerTeamId: string | null; teams: TeamRecord[] }
  | {
      kind: "player_joined";
      playerId: string;
      teamId: string;
      slot: number;
      /** Absent in what older releases kept. */
      displayName?: string;
      /** Absent where the local rule alone decided. */
      profiledBy?: ProfiledBy;
    }
  | { kind: "player_left"; playerId: string; reason?: "removed" }
  | { kind: "player_disconnected"; playerId: string }
  | { kind: "player_reconnected"; playerId: string }
  | { kind: "player_respawned"; playerId: string; position: Point }
  | {
      kind: "projectile_fired";
      id: number;
      playerId: string | null;
      weapon: string;
      /** Centimetres, cm/s, and cm/s² downwards. */
      position: Point;
      velocity: Point;
      gravity: number;
    }
  | { kind: "projectile_ended"; id: number; shooterId: string | null; position: Point; exploded: boolean }
  | {
      kind: "damage_dealt";
      attackerId: string | null;
      targetId: string;
      /** Hundredths of a point. */
      damage: number;
      health: number;
      weapon: string | null;
      damageType: DamageType;
      headshot: boolean;
      /** Absent in what older releases kept: our own sum. */
      decidedBy?: DecidedBy;
      /** These four are absent in what older releases kept. Hundredths of a point; thousandths. */
      part?: BodyPart | null;
      absorbed?: number;
      mitigation?: number;
      critical?: boolean;
    }
  | {
      kind: "effect_applied";
      targetId: string;
      /** Who caused it; null for nobody, or who left. */
      sourceId: string | null;
      effect: EffectKind;
      /** Percent. */
      potency: number;
      stacks: number;
      durationMs: number;
    }
  | {
      kind: "ability_used";
      playerId: string;
      ability: AbilityName;
      /** On whom, where it is one other or the user by choice. */
      targetId: string | null;
      /** Where, for those that take a spot. */
      position: Point | null;
      /** Energy paid, hundredths. */
      cost: number;
      decidedBy?: AbilityDecidedBy;
    }
  | { kind: "item_used"; playerId: string; item: ItemName; left: number }
  | { kind: "effect_ended"; targetId: string; effect: EffectKind }
  | {
      kind: "player_healed";
      playerId: string;
      healerId: string | null;
      /** Hundredths of a point. */
      amount: number;
      health: number;
      /** The ability or item that did it. */
      cause: string;
    }
  | {
      /** For the rest of the game alone; never shown, and without a number (seq 0). */
      kind: "positions_sampled";
      players: { playerId: string; position: Point; alive: boolean }[];
      /** Samples given up since the one before. */
      skipped: number;
    }
  | {
      /** For the rest of the game alone; never shown, and without a number (seq 0). */
      kind: "shots_fired";
      shots: FiredShot[];
      /** Shots given up since the record before, and records of them. */
      skipped: number;
    }
  | {
      /** For those who look into cheating alone; never shown, and without a number (seq 0). */
      kind: "movement_checked";
      findings: NamedFinding[];
      /** Findings given up since the record before. */
      skipped: number;
    }
  | {
      kind: "player_killed";
      victimId: string;
      killerId: string | null;
      weapon: string | null;
      headshot: boolean;
      assistIds: string[];
    };

/** Bodies without a number, each with the word that tells records of one tick apart in their ids. */
export const SAMPLES = { positions_sampled: "tick", shots_fired: "shots", movement_checked: "checks" } as const;

export type SampleBody = Extract<EventBody, { kind: keyof typeof SAMPLES }>;

export function isSample(body: EventBody): body is SampleBody {
  return Object.hasOwn(SAMPLES, body.kind);
}

export type SessionEvent = {
  sessionId: string;
  epoch: number;
  /** From 1 (0 for samples), grows by one with each event of the session, across epochs. */
  seq: number;
  tick: number;
  /** Wall clock, milliseconds since 1970. */
  atUnixMs: number;
  body: EventBody;
};
