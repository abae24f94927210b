/** Beginning: whether a session may begin, and whether it begins by itself. */
import { type Problem, problem } from "#wire/problem.ts";
import type { Session } from "./session.ts";

/** Whether everyone who was listed is connected, so that the match may begin by itself. */
export function wantsStart(session: Session): boolean {
  const { status, settings, roster } = session;
  if (status !== "waiting" || !settings.autoStart) return false;
  const listed = roster.seats.filter((seat) => seat.listed && seat.connection !== "left");
  const all = listed.length > 0 && listed.every((seat) => seat.connection === "connected");
  return all && problemWithStart(session) === null;
}

/** Why the match cannot begin yet, or null. */
export function problemWithStart({ roster, settings }: Session): Problem | null {
  const sides = new Set(roster.sitting().map((seat) => seat.side));
  if (sides.size >= 2) return null;
  const needs = settings.gameMode === "deathmatch" ? "two players" : "players in two teams";
  return problem("INVALID_STATE_TRANSITION", `A session needs ${needs} to start`, {
    field: "status",
    players: roster.sitting().length,
    teams: sides.size,
  });
}
