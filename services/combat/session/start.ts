/** Start: what a session is made of, and the rules of its match. */
import { PLAIN_MODE_RULES } from "../sim/modes/mode-rules.ts";
import { ENFORCE_ALL } from "../sim/suspicion.ts";
import type { Rules } from "../sim/world.ts";
import type { SessionSettings } from "./settings.ts";

export type SessionStart = {
  id: string;
  hostPlayerId: string;
  seed: number;
  epoch: number;
  /** The run of the instance that owns the session (directory.ts). */
  owner: string;
  version: number;
  createdAtMs: number;
  settings: SessionSettings;
  /** Number of the last event told so far; 0 for a new session. */
  lastSeq: number;
};

export function rulesOf(settings: SessionSettings): Rules {
  const { gameMode: mode, tickRateHz, maxRounds, scoreLimit, friendlyFire, modeRules = PLAIN_MODE_RULES } = settings;
  const timeLimitMs = settings.timeLimitMinutes * 60_000;
  const respawnMs = Math.round(settings.respawnSeconds * 1000);
  const { checks = ENFORCE_ALL } = settings;
  return { mode, tickRateHz, maxRounds, timeLimitMs, scoreLimit, respawnMs, friendlyFire, modeRules, checks };
}
