/**
 * Auth of calls: who asks, from the `authorization` header alone, before anything of the request is read.
 * In:  the header's value.   Out: Principal or InternalCaller, or a ProblemError with UNAUTHENTICATED.
 * Law: CombatSessionService takes users' tokens, RelayService the gateways' own; neither opens the other's door.
 *      What a caller may do with a session is not decided here.
 */
import { readBearer } from "#auth/bearer.ts";
import type { Limiter } from "#auth/limiter.ts";
import { actsForOthers, type InternalCaller, type Principal } from "#auth/principal.ts";
import type { Verifier } from "#auth/verifier.ts";
import { ProblemError, problem, type Result } from "#wire/problem.ts";

export type CallAuth = {
  /** A user, service or admin. */
  user(authorization: string | undefined): Promise<Principal>;
  /** A gateway. */
  internal(authorization: string | undefined): Promise<InternalCaller>;
  /** Counts one call of this principal; throws RATE_LIMITED when that is one too many. */
  admit(principal: Principal): Promise<void>;
};

export function createCallAuth({ verifier, limiter }: { verifier: Verifier; limiter: Limiter }): CallAuth {
  return {
    user: async (authorization) => unwrap(await verifier.user(tokenOf(authorization))),
    internal: async (authorization) => unwrap(await verifier.internal(tokenOf(authorization))),
    admit: async (principal) => {
      if (actsForOthers(principal)) return; // They call for many players at once.
      const verdict = await limiter.take(principal.playerId);
      if (verdict.ok) return;
      throw new ProblemError(
        problem("RATE_LIMITED", "too many calls; wait before the next", { retry_after_ms: verdict.retryAfterMs }),
      );
    },
  };
}

function tokenOf(authorization: string | undefined): string {
  return unwrap(readBearer(authorization));
}

function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new ProblemError(result.problem);
}
