/** Refusals: what a session answers to input that it does not take. */
import { type Problem, problem } from "#wire/problem.ts";

export function notPlaying(playerId: string): Problem {
  return problem("PARTICIPANT_NOT_FOUND", `Player '${playerId}' does not play in this session`, {
    player_id: playerId,
  });
}

export function stillUnderway(): Problem {
  return problem("UNAVAILABLE", "The same damage is being dealt; ask again", { retry_after_ms: 100 });
}

export function tooMany(what: string, tickMs: number): Problem {
  const details = { retry_after_ms: Math.ceil(tickMs) };
  return problem("RATE_LIMITED", `Too many ${what} between two ticks; send fewer`, details);
}
