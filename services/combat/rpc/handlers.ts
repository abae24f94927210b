/**
 * Handlers: what the calls of CombatSessionService do, written once and served by gRPC and Connect alike.
 * In:  a decoded request and who asks.   Out: the answer; or a ProblemError, which every adapter turns into the same
 *      refusal. Anything else thrown is our bug and reaches the caller as INTERNAL with an id.
 * Law: a handler's stream ends soon after `signal` aborts; a stream that nobody reads waits (back-pressure).
 */
import type { MessageShape } from "@bufbuild/protobuf";
import type { ServerDuplexStream } from "@grpc/grpc-js";
import type { Principal } from "#auth/principal.ts";
import type { ServerMessage } from "#gen/necpgame/combat/v1/realtime_pb.js";
import type { RelayRequest, RelayResponse } from "#gen/necpgame/combat/v1/relay_service_pb.js";
import type {
  CombatSessionService,
  PlayRequest,
  WatchSessionRequest,
} from "#gen/necpgame/combat/v1/session_service_pb.js";

/** Who asks, and when nobody waits for the answer any more (cancelled, late, connection gone, token run out). */
export type CallContext = { readonly principal: Principal; readonly signal: AbortSignal };

type Methods = (typeof CombatSessionService)["method"];

export type UnaryName = {
  [Name in keyof Methods]: Methods[Name]["methodKind"] extends "unary" ? Name : never;
}[keyof Methods];

export type UnaryHandlers = {
  readonly [Name in UnaryName]: (
    request: MessageShape<Methods[Name]["input"]>,
    context: CallContext,
  ) => Promise<MessageShape<Methods[Name]["output"]>>;
};

export type SessionHandlers = UnaryHandlers & {
  watchSession(request: WatchSessionRequest, context: CallContext): AsyncIterable<ServerMessage>;
  play(requests: AsyncIterable<PlayRequest>, context: CallContext): AsyncIterable<ServerMessage>;
};

/** The Relay stream as grpc-js has it: its handler does its own batching and back-pressure. */
export type RelayCall = ServerDuplexStream<RelayRequest, RelayResponse>;

export type RelayHandler = (call: RelayCall) => void;
