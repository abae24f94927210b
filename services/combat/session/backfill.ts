/**
 * Backfill: asks matchmaking for players when somebody leaves a match that goes on.
 * In:  a session's ticks.   Out: one request for each team that lost seats in a tick.
 * Law: nothing waits for it, and nothing comes of it here: players come by joining. What got no answer is not asked again.
 */
import type { Log } from "#kit/log.ts";
import type { MatchmakingService } from "../related/matchmaking.ts";
import { isOver } from "./lifecycle.ts";
import type { Session } from "./session.ts";

export class Backfill {
  private readonly matchmaking: MatchmakingService;
  private readonly log: Log;

  constructor({ matchmaking, log }: { matchmaking: MatchmakingService; log: Log }) {
    this.matchmaking = matchmaking;
    this.log = log;
  }

  handleTick(session: Session): void {
    const vacated = session.pollVacated();
    if (vacated.length === 0 || isOver(session.status)) return;
    const isAlone = session.settings.gameMode === "deathmatch";
    const seatsByTeam = new Map<string, number>();
    for (const teamId of vacated) {
      const named = isAlone ? "" : teamId;
      seatsByTeam.set(named, (seatsByTeam.get(named) ?? 0) + 1);
    }
    for (const [teamId, seats] of seatsByTeam) {
      this.matchmaking.requestBackfill({ sessionId: session.id, teamId, seats }).catch((error: unknown) => {
        this.log.error({ error, sessionId: session.id }, "players could not be asked for");
      });
    }
  }
}
