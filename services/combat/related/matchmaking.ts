/**
 * Port of the game's matchmaking service, as far as combat calls it: sessions that lose a player ask for another.
 * Order: none. Atomicity: each call by itself. Loss: a call without an answer is not repeated; the match goes on as it is.
 * It creates sessions by CombatSessionService, joins on players' behalf, and learns of ends from game.combat.events.
 */
import type { Answer } from "./answer.ts";

export type BackfillAsked = {
  readonly sessionId: string;
  /** Whose seats they are; empty where everybody plays alone. */
  readonly teamId: string;
  /** 1 to 49. */
  readonly seats: number;
};

export type MatchmakingService = {
  /** Resolves to whether players will be looked for. Never rejects. */
  requestBackfill(asked: BackfillAsked): Promise<Answer<boolean>>;
  close(): void;
};
