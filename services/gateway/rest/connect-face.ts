/**
 * Connect face: the same RPCs under /necpgame.combat.v1.CombatSessionService/ for Connect clients, GET included for
 * those without side effects. Each one is forwarded by the unary client.
 * Law: address, token and player's rate are judged before a body is read; bodies are capped; problems leave as
 *      ConnectError with ErrorDetail attached. Streams are not offered here: sockets are the public way to them.
 * Proto3 JSON and protobuf can carry NaN and unknown enum numbers, so messages are checked before they go upstream.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { DescMethodUnary, DescService, Message } from "@bufbuild/protobuf";
import {
  ConnectError,
  type ConnectRouter,
  createContextKey,
  createContextValues,
  type HandlerContext,
  type ServiceImpl,
} from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { ErrorDetailSchema } from "#gen/necpgame/combat/v1/error_pb.js";
import type { Log } from "#kit/log.ts";
import { checkMessage } from "#wire/message-check.ts";
import { invalid, type Problem, ProblemError, REASONS } from "#wire/problem.ts";
import type { Gate } from "../auth/gate.ts";
import { BODY_BYTES_MAX } from "../limits.ts";
import type { UnaryClient } from "../upstream/unary-client.ts";
import { tooLarge } from "./body.ts";
import { caught, hintHeaders } from "./errors.ts";
import { withId } from "./rest-handler.ts";

export type ConnectFace = {
  /** Whether the path is one of the service's. */
  readonly owns: (path: string) => boolean;
  /** Answers; `address` is the key of the client's address. Throws ProblemError on a Host header that is none. */
  readonly handle: (request: IncomingMessage, response: ServerResponse, address: string) => void;
};

export type ConnectParts = {
  readonly service: DescService;
  readonly gate: Gate;
  readonly client: Pick<UnaryClient, "call">;
  readonly log: Log;
};

const addressKey = createContextKey("", { description: "key of the client's address" });
const authorizationKey = createContextKey("", { description: "verified Authorization header" });

export function createConnectFace(parts: ConnectParts): ConnectFace {
  const addresses = new WeakMap<IncomingMessage, string>();
  const paths = new Set(parts.service.methods.map((method) => `/${parts.service.typeName}/${method.name}`));
  const handler = connectNodeAdapter({
    routes: (router) => addRoutes(router, parts),
    grpc: false,
    grpcWeb: false,
    readMaxBytes: BODY_BYTES_MAX,
    contextValues: (request) => createContextValues().set(addressKey, addresses.get(request as IncomingMessage) ?? ""),
    requestGate: (context) => passGate(parts.gate, context),
  });
  return {
    owns: (path) => paths.has(path),
    handle(request, response, address) {
      if (!URL.canParse(`http://${request.headers.host}`)) {
        throw new ProblemError(invalid("Host", request.headers.host, "the name or address of this service"));
      }
      addresses.set(request, address);
      handler(request, response);
    },
  };
}

async function passGate(gate: Gate, context: HandlerContext): Promise<void> {
  const refused = await gate.address(context.values.get(addressKey));
  if (refused) throw connectError(refused);
  const caller = await gate.caller(context.requestHeader.get("authorization") ?? undefined);
  if (!caller.ok) throw connectError(caller.problem);
  const declaredBytes = Number(context.requestHeader.get("content-length") ?? 0);
  if (declaredBytes > BODY_BYTES_MAX) throw connectError(tooLarge(declaredBytes)); // Undeclared: the library's own no.
  context.values.set(authorizationKey, caller.value.authorization);
}

function addRoutes(router: ConnectRouter, parts: ConnectParts): void {
  const unary = parts.service.methods.filter((method) => method.methodKind === "unary") as DescMethodUnary[];
  const handlers = Object.fromEntries(unary.map((method) => [method.localName, forwarder(method, parts)]));
  router.service(parts.service, handlers as unknown as Partial<ServiceImpl<DescService>>); // Streams answer "unimplemented".
}

function forwarder(method: DescMethodUnary, { client, log }: ConnectParts) {
  return async (request: Message, context: HandlerContext): Promise<Message> => {
    const wrong = checkMessage(method.input, request);
    if (wrong) throw connectError(wrong);
    const authorization = context.values.get(authorizationKey);
    const answer = await client
      .call(method, request, { authorization, timeoutMs: context.timeoutMs() })
      .catch((cause: unknown) => ({ ok: false as const, problem: caught(cause, log, { about: method.name }) }));
    if (answer.ok) return answer.value;
    throw connectError(withId(answer.problem, log, method.name));
  };
}

export function connectError(why: Problem): ConnectError {
  const { error, message, details } = why;
  const detail = { desc: ErrorDetailSchema, value: { error, message, details: details as Record<string, never> } };
  return new ConnectError(message, REASONS[error].grpc, hintHeaders(why), [detail]);
}
