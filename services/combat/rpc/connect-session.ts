/**
 * Connect session: the handlers of CombatSessionService as connect-node serves them: Connect, gRPC and gRPC-Web.
 * In:  requests that Connect has decoded.   Out: answers, or ConnectErrors that carry an ErrorDetail.
 * Law: the caller is known and the declared size is checked before a byte of the body is read.
 */
import type { DescMethodUnary, Message } from "@bufbuild/protobuf";
import { type ConnectRouter, type ContextKey, createContextKey, type HandlerContext } from "@connectrpc/connect";
import type { Principal } from "#auth/principal.ts";
import { CombatSessionService } from "#gen/necpgame/combat/v1/session_service_pb.js";
import { assert } from "#kit/assert.ts";
import { ProblemError } from "#wire/problem.ts";
import { type Call, type CallRules, runStream, runUnary } from "./calls.ts";
import { connectErrorOf, problemOf } from "./errors.ts";
import { pathOf, tooLarge } from "./grpc-definition.ts";
import type { CallContext, SessionHandlers, UnaryName } from "./handlers.ts";
import { REQUEST_BYTES_MAX } from "./limits.ts";

const PRINCIPAL: ContextKey<Principal | null> = createContextKey<Principal | null>(null, { description: "principal" });

/** Refuses a call by its headers alone. */
export function createGate(rules: CallRules): (context: HandlerContext) => Promise<void> {
  return async (context) => {
    try {
      context.values.set(PRINCIPAL, await rules.auth.user(context.requestHeader.get("authorization") ?? undefined));
      const declared = Number(context.requestHeader.get("content-length") ?? 0);
      if (context.method.methodKind === "unary" && declared > REQUEST_BYTES_MAX) {
        throw new ProblemError(tooLarge(declared));
      }
    } catch (error) {
      throw asConnectError(rules, context, error);
    }
  };
}

type UntypedHandler = (request: Message, context: CallContext) => Promise<Message>;

export function addSessionRoutes(router: ConnectRouter, rules: CallRules, handlers: SessionHandlers): void {
  const { watchSession, play } = CombatSessionService.method;
  router.rpc(watchSession, (request, context) =>
    streamed(rules, context, (inner) => handlers.watchSession(request, inner)),
  );
  router.rpc(play, (requests, context) => streamed(rules, context, (inner) => handlers.play(requests, inner)));
  for (const method of CombatSessionService.methods) {
    if (method.methodKind !== "unary") continue;
    const handler = handlers[method.localName as UnaryName] as UntypedHandler;
    const implementation = async (request: Message, context: HandlerContext) => {
      try {
        return await runUnary(rules, callOf(context), async (inner) => handler(request, inner));
      } catch (error) {
        throw asConnectError(rules, context, error);
      }
    };
    router.rpc(method as DescMethodUnary, implementation);
  }
}

async function* streamed<Answer>(
  rules: CallRules,
  context: HandlerContext,
  run: (inner: CallContext) => AsyncIterable<Answer>,
): AsyncGenerator<Answer> {
  try {
    yield* runStream(rules, callOf(context), run);
  } catch (error) {
    throw asConnectError(rules, context, error);
  }
}

function callOf(context: HandlerContext): Call {
  const principal = context.values.get(PRINCIPAL);
  assert(principal !== null, `${context.method.name} was reached without a principal`);
  return { method: pathOf(context.method), principal, signal: context.signal };
}

function asConnectError(rules: CallRules, context: HandlerContext, error: unknown) {
  return connectErrorOf(problemOf(error, { log: rules.log, method: pathOf(context.method) }));
}
