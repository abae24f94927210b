/**
 * gRPC session: the handlers of CombatSessionService as grpc-js wants them.
 * In:  calls whose caller is known and whose requests are Decoded.   Out: answers, statuses, streamed messages.
 * Law: what is thrown becomes one status, whenever it is thrown. A stream is written as fast as it is read, no
 *      faster, so a slow reader holds up its handler and nothing piles up here.
 */
import { once } from "node:events";
import type { Message } from "@bufbuild/protobuf";
import type {
  ServerDuplexStream,
  ServerUnaryCall,
  ServerWritableStream,
  sendUnaryData,
  UntypedServiceImplementation,
} from "@grpc/grpc-js";
import type { ServerMessage } from "#gen/necpgame/combat/v1/realtime_pb.js";
import { CombatSessionService, type PlayRequest } from "#gen/necpgame/combat/v1/session_service_pb.js";
import { ProblemError, problem } from "#wire/problem.ts";
import { type Call, type CallRules, runStream, runUnary } from "./calls.ts";
import { grpcStatusOf, problemOf } from "./errors.ts";
import type { GrpcAuth, KnownCall } from "./grpc-auth.ts";
import { type Decoded, unwrapDecoded } from "./grpc-definition.ts";
import type { CallContext, SessionHandlers, UnaryName } from "./handlers.ts";

type UnaryCall = ServerUnaryCall<Decoded, Message>;
type WatchCall = ServerWritableStream<Decoded, ServerMessage>;
type PlayCall = ServerDuplexStream<Decoded, ServerMessage>;

/** All unary handlers seen as one: each gets what its own method's schema decoded. */
type UntypedHandler = (request: Message, context: CallContext) => Promise<Message>;

export type SessionParts = {
  readonly rules: CallRules;
  readonly handlers: SessionHandlers;
  readonly auth: GrpcAuth;
};

export function sessionImplementation({ rules, handlers, auth }: SessionParts): UntypedServiceImplementation {
  const callOf = (call: UnaryCall | WatchCall | PlayCall): Call => ({
    method: call.getPath(),
    principal: auth.principalOf(call),
    signal: signalOf(call),
  });
  const implementation: UntypedServiceImplementation = {
    watchSession: (call: WatchCall) => {
      const run = (context: CallContext) => handlers.watchSession(unwrapDecoded(call.request), context);
      void pump(rules, { call, of: callOf(call), run });
    },
    play: (call: PlayCall) => {
      const run = (context: CallContext) => handlers.play(requestsOf<PlayRequest>(call, context.signal), context);
      void pump(rules, { call, of: callOf(call), run });
    },
  };
  for (const { methodKind, localName } of CombatSessionService.methods) {
    if (methodKind !== "unary") continue;
    const handler = handlers[localName as UnaryName] as UntypedHandler;
    implementation[localName] = (call: UnaryCall, answer: sendUnaryData<Message>) => {
      runUnary(rules, callOf(call), async (context) => handler(unwrapDecoded(call.request), context)).then(
        (message) => answer(null, message),
        (error: unknown) => answer(statusOf(rules, call, error)),
      );
    };
  }
  return implementation;
}

type CancellableCall = { readonly cancelled: boolean; once(event: "cancelled", listener: () => void): unknown };

/** Aborts when grpc-js says that the call is over: cancelled, late, connection gone, or answered. */
function signalOf(call: CancellableCall): AbortSignal {
  const controller = new AbortController();
  const abort = () => controller.abort(new ProblemError(problem("UNAVAILABLE", "The caller does not wait any more")));
  if (call.cancelled) abort();
  else call.once("cancelled", abort);
  return controller.signal;
}

function statusOf({ log }: CallRules, call: KnownCall, error: unknown) {
  return grpcStatusOf(problemOf(error, { log, method: call.getPath() }));
}

type Pumped = {
  readonly call: WatchCall | PlayCall;
  readonly of: Call;
  readonly run: (context: CallContext) => AsyncIterable<ServerMessage>;
};

/** Writes a handler's stream to its call. Never rejects: what goes wrong is the call's status. */
async function pump(rules: CallRules, { call, of, run }: Pumped): Promise<void> {
  try {
    for await (const message of runStream(rules, of, run)) {
      if (of.signal.aborted) return;
      if (!call.write(message)) await drained(call, of.signal);
    }
    call.end();
  } catch (error) {
    if (of.signal.aborted) return; // The caller is gone: nobody is left to be told.
    call.emit("error", statusOf(rules, call, error)); // grpc-js sends what was written, then this status.
  }
}

/** Resolves when the call takes more, or is over. */
async function drained(call: WatchCall | PlayCall, signal: AbortSignal): Promise<void> {
  try {
    await once(call, "drain", { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** What the caller sends, until it has sent all or is gone. */
async function* requestsOf<Request extends Message>(call: PlayCall, signal: AbortSignal): AsyncGenerator<Request> {
  try {
    // A handler that stops reading still has answers to write: leaving the loop must not end the call.
    for await (const decoded of call.iterator({ destroyOnReturn: false })) yield unwrapDecoded<Request>(decoded);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
