/** The abilities service over gRPC. Units of the contract: points of energy, seconds. */
import {
  AbilitiesService as AbilitiesContract,
  type AuthorizeAbilityResponse,
} from "#gen/necpgame/abilities/v1/abilities_service_pb.js";
import type { AbilitiesService, AbilityVerdict } from "./abilities.ts";
import { COOLDOWN_SECONDS_MAX } from "./limits.ts";
import type { ServiceClient } from "./service-client.ts";

/** The contract's bound, points. */
const COST_MAX = 100;

/** Of a denial without a reason that could be shown. */
const UNSAID = "not_allowed";

export function createGrpcAbilities(client: ServiceClient): AbilitiesService {
  return {
    isElsewhere: true,
    authorize: (asked) => client.ask(AbilitiesContract.method.authorizeAbility, asked, verdictIn),
    close: () => client.close(),
  };
}

/** Null where it is outside of the contract's bounds. */
function verdictIn(message: AuthorizeAbilityResponse): AbilityVerdict | null {
  const { allowed, cost, cooldownSeconds, reason } = message;
  if (!(cooldownSeconds >= 0 && cooldownSeconds <= COOLDOWN_SECONDS_MAX)) return null; // NaN is within nothing.
  if (!(cost >= 0 && cost <= COST_MAX)) return null;
  const cooldownMs = Math.round(cooldownSeconds * 1000) + 0;
  if (allowed) return { allowed, grant: { cost: Math.round(cost * 100) + 0, cooldownMs } };
  return { allowed, reason: /^[a-z][a-z0-9_]{0,63}$/.test(reason) ? reason : UNSAID, cooldownMs };
}
