/**
 * Calls: what is the same for every call, whichever protocol it came by: limit, deadline, end of the token.
 * In:  a handler, its request, who asks and the protocol's own signal.   Out: the answer, or what the handler threw.
 * Law: a unary call is answered within its deadline whatever its handler does; a stream ends when its token does.
 * Not here: reading tokens (auth.ts), saying errors (errors.ts).
 */
import type { Principal } from "#auth/principal.ts";
import type { Clock } from "#kit/clock.ts";
import type { Log } from "#kit/log.ts";
import { ProblemError, problem } from "#wire/problem.ts";
import type { CallAuth } from "./auth.ts";
import type { CallContext } from "./handlers.ts";
import { CALL_MS_MAX, LATE_STREAM_MS_MAX } from "./limits.ts";

export type CallRules = {
  readonly auth: CallAuth;
  readonly clock: Clock;
  readonly log: Log;
  /** Default 10 s. */
  readonly callMsMax?: number;
};

export type Call = { readonly method: string; readonly principal: Principal; readonly signal: AbortSignal };

/** Runs a unary handler. `signal` is the protocol's: the caller went away or does not wait any more. */
export async function runUnary<Answer>(
  rules: CallRules,
  call: Call,
  handler: (context: CallContext) => Promise<Answer>,
): Promise<Answer> {
  await rules.auth.admit(call.principal);
  const msMax = rules.callMsMax ?? CALL_MS_MAX;
  const scope = openScope(call.signal);
  const late = scope.abortAfter(
    msMax,
    problem("DEADLINE_EXCEEDED", `no answer within ${msMax} ms; ask again with the same idempotency key`),
  );
  const running = handler({ principal: call.principal, signal: scope.signal });
  try {
    return await Promise.race([running, late]);
  } catch (error) {
    if (scope.isLate) running.catch((cause: unknown) => logLate(rules.log, call.method, cause));
    throw error;
  } finally {
    scope.close();
  }
}

/** A late call's own failure: nobody waits for it, but it may say why it was late. */
function logLate(log: Log, method: string, error: unknown): void {
  if (!(error instanceof ProblemError)) log.warn({ error, method }, "call failed after its deadline");
}

/** Runs a streaming handler until it ends, the caller goes, or the caller's token runs out. */
export async function* runStream<Message>(
  rules: CallRules,
  call: Call,
  handler: (context: CallContext) => AsyncIterable<Message>,
): AsyncGenerator<Message> {
  await rules.auth.admit(call.principal);
  const scope = openScope(call.signal);
  const leftMs = call.principal.expiresAtUnixMs - rules.clock.unixMs();
  const expired = problem("UNAUTHENTICATED", "the token has expired; open the stream again", { reason: "expired" });
  // Awaited by nobody: the signal is what ends the handler's stream.
  scope.abortAfter(Math.min(leftMs, LATE_STREAM_MS_MAX), expired).catch(() => {});
  try {
    yield* handler({ principal: call.principal, signal: scope.signal });
    if (scope.isLate) throw new ProblemError(expired);
  } finally {
    scope.close();
  }
}

/** One call's signal: aborts with the protocol's, or after a time. Closing it leaves no timer and no listener. */
function openScope(outer: AbortSignal) {
  const controller = new AbortController();
  const abort = () => controller.abort(outer.reason);
  if (outer.aborted) abort();
  else outer.addEventListener("abort", abort, { once: true });
  let timer: NodeJS.Timeout | undefined;
  const scope = {
    signal: controller.signal,
    isLate: false,
    /** Rejects with the problem when the time is over. */
    abortAfter(ms: number, why: Parameters<typeof problemError>[0]): Promise<never> {
      return new Promise((_, reject) => {
        timer = setTimeout(
          () => {
            scope.isLate = true;
            const error = problemError(why);
            reject(error);
            controller.abort(error);
          },
          Math.max(0, ms),
        );
      });
    },
    close() {
      clearTimeout(timer);
      outer.removeEventListener("abort", abort);
    },
  };
  return scope;
}

function problemError(why: ConstructorParameters<typeof ProblemError>[0]): ProblemError {
  return new ProblemError(why);
}
