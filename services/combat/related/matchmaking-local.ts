/** The local rule for matchmaking: nobody looks for players. */
import { answered } from "./answer.ts";
import type { MatchmakingService } from "./matchmaking.ts";

export function createLocalMatchmaking(): MatchmakingService {
  return {
    requestBackfill: () => Promise.resolve(answered(false)),
    close: () => {},
  };
}
