/** The matchmaking service over gRPC. */
import { MatchmakingService as MatchmakingContract } from "#gen/necpgame/matchmaking/v1/matchmaking_service_pb.js";
import type { MatchmakingService } from "./matchmaking.ts";
import type { ServiceClient } from "./service-client.ts";

export function createGrpcMatchmaking(client: ServiceClient): MatchmakingService {
  return {
    requestBackfill: (asked) =>
      client.ask(MatchmakingContract.method.requestBackfill, asked, ({ accepted }) => accepted),
    close: () => client.close(),
  };
}
