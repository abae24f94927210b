/**
 * Gate: what every request has to pass before anything goes upstream: its address's rate, its token, its player's rate.
 * In:  address and Authorization header.   Out: the caller, or the problem to answer with.
 * Law: the address is counted before the token is looked at, so that guessing tokens is limited too; a token that
 *      does not hold never reaches combat. Combat verifies again, and decides what the caller may do.
 */
import { readBearer } from "#auth/bearer.ts";
import type { Limiter } from "#auth/limiter.ts";
import { actsForOthers, type Principal } from "#auth/principal.ts";
import type { Verifier } from "#auth/verifier.ts";
import { no, ok, type Problem, problem, type Result } from "#wire/problem.ts";

export type Caller = {
  readonly principal: Principal;
  /** The header that goes upstream. */
  readonly authorization: string;
};

export type Gate = {
  address(address: string): Promise<Problem | null>;
  caller(authorization: string | undefined): Promise<Result<Caller>>;
};

export type GateParts = {
  readonly verifier: Pick<Verifier, "user">;
  readonly addressRequests: Limiter;
  readonly playerRequests: Limiter;
};

export function createGate({ verifier, addressRequests, playerRequests }: GateParts): Gate {
  return {
    async address(address) {
      return limited(await addressRequests.take(address), "address");
    },
    async caller(authorization) {
      const token = readBearer(authorization);
      if (!token.ok) return token;
      const principal = await verifier.user(token.value);
      if (!principal.ok) return principal;
      if (!actsForOthers(principal.value)) {
        const why = limited(await playerRequests.take(principal.value.playerId), "player");
        if (why) return no(why);
      }
      return ok({ principal: principal.value, authorization: `Bearer ${token.value}` });
    },
  };
}

function limited(verdict: Awaited<ReturnType<Limiter["take"]>>, of: string): Problem | null {
  if (verdict.ok) return null;
  return problem("RATE_LIMITED", `too many requests of one ${of}; wait`, { of, retry_after_ms: verdict.retryAfterMs });
}
