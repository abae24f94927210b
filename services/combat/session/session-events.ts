/** What a session tells, by the players' names and numbered without gaps. The last form before the wire's. */
import type { DamageType } from "../sim/events.ts";
import type { Point } from "../sim/world.ts";
import type { TeamRecord } from "../stores/session-store.ts";
import type { EndReason, GameMode } from "./settings.ts";

export type EventBody =
  | { kind: "session_started"; mapId: string; gameMode: GameMode }
  | { kind: "session_paused" }
  | { kind: "session_resumed" }
  | { kind: "session_ended"; reason: EndReason; winnerTeamId: string | null; teams: TeamRecord[] }
  | { kind: "round_started"; round: number; maxRounds: number }
  | { kind: "round_ended"; round: number; winnerTeamId: string | null; teams: TeamRecord[] }
  | { kind: "player_joined"; playerId: string; teamId: string; slot: number }
  | { kind: "player_left"; playerId: string }
  | { kind: "player_disconnected"; playerId: string }
  | { kind: "player_reconnected"; playerId: string }
  | { kind: "player_respawned"; playerId: string; position: Point }
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
    }
  | {
      kind: "player_killed";
      victimId: string;
      killerId: string | null;
      weapon: string | null;
      headshot: boolean;
      assistIds: string[];
    };

export type SessionEvent = {
  sessionId: string;
  epoch: number;
  /** From 1, grows by one with each event of the session, across epochs. */
  seq: number;
  tick: number;
  /** Wall clock, milliseconds since 1970. */
  atUnixMs: number;
  body: EventBody;
};
