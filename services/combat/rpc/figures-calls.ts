/** Calls that give the figures of a session, from its record, running or over. */
import { create } from "@bufbuild/protobuf";
import {
  CombatAnalyticsSchema,
  LeaderboardFigure,
  LeaderboardSchema,
} from "#gen/necpgame/combat/v1/session_service_pb.js";
import { integer, word } from "./decode.ts";
import type { Desk } from "./desk.ts";
import type { UnaryHandlers } from "./handlers.ts";
import { LEADERBOARD_ENTRIES_DEFAULT, LEADERBOARD_ENTRIES_MAX } from "./limits.ts";
import {
  damageAnalytics,
  eventCounts,
  ranked,
  sessionStats,
  statsOf,
  teamAnalytics,
  weaponAnalytics,
} from "./stats.ts";
import { GAME_MODE, LEADERBOARD_FIGURE, STATUS } from "./words.ts";

type FiguresCalls = Pick<UnaryHandlers, "getSessionStats" | "getLeaderboard" | "getCombatAnalytics">;

export function figuresCalls({ desk }: { desk: Desk }): FiguresCalls {
  return {
    async getSessionStats({ sessionId }, { principal }) {
      const record = await desk.record(principal, sessionId);
      return sessionStats(record, desk.host.find(sessionId)?.session.cameras.count ?? 0);
    },

    async getLeaderboard({ sessionId, orderBy = LeaderboardFigure.KILLS, limit }, { principal }) {
      const figure = word("order_by", LEADERBOARD_FIGURE, orderBy);
      const bounds = { min: 1, max: LEADERBOARD_ENTRIES_MAX, or: LEADERBOARD_ENTRIES_DEFAULT };
      const count = integer("limit", limit, bounds);
      const record = await desk.record(principal, sessionId);
      const entries = ranked(record, figure).slice(0, count);
      return create(LeaderboardSchema, { sessionId, status: STATUS[record.status], orderBy, entries });
    },

    async getCombatAnalytics({ sessionId }, { principal }) {
      const record = await desk.record(principal, sessionId);
      return create(CombatAnalyticsSchema, {
        sessionId,
        status: STATUS[record.status],
        gameMode: GAME_MODE[record.settings.gameMode],
        mapId: record.settings.mapId,
        durationMs: record.playedMs,
        rounds: record.currentRound,
        teams: teamAnalytics(record),
        players: record.participants.map(statsOf),
        weapons: weaponAnalytics(record),
        damageTypes: damageAnalytics(record),
        events: eventCounts(record),
      });
    },
  };
}
