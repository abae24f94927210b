/**
 * REST handler: one request from path to answer.
 * Order: path and verb (404, 405), the address's rate (429), the token (401), the player's rate (429), the body
 *        (413, 415), the fields (400), then combat. So nothing of a request is read that would be refused anyway.
 * Law: a session in an answer brings its ETag; a created one its Location.
 * Not here: the socket the answer goes to, CORS (edge/http-server.ts).
 */
import type { Message } from "@bufbuild/protobuf";
import { type CombatSession, CombatSessionSchema } from "#gen/necpgame/combat/v1/session_pb.js";
import type { Log } from "#kit/log.ts";
import { type Problem, problem, type Result } from "#wire/problem.ts";
import { toPublicJson } from "#wire/public-json.ts";
import type { Gate } from "../auth/gate.ts";
import type { UnaryClient } from "../upstream/unary-client.ts";
import { caught, type HttpAnswer, JSON_TYPE, problemAnswer } from "./errors.ts";
import { API_PREFIX, findRoute, type Route } from "./routes.ts";
import { toRequestMessage } from "./transcode.ts";

export type RestRequest = {
  readonly verb: string;
  readonly path: string;
  readonly query: string;
  /** Key of the client's address. */
  readonly address: string;
  readonly header: (name: "authorization" | "if-match" | "idempotency-key") => string | undefined;
  readonly body: () => Promise<Result<string>>;
};

/** `label` names the route in metrics; it never has a client's text in it. */
export type RestAnswer = HttpAnswer & { readonly label: string };

export type RestHandler = (request: RestRequest) => Promise<RestAnswer>;

export type RestParts = {
  readonly routes: readonly Route[];
  readonly gate: Gate;
  readonly client: Pick<UnaryClient, "call">;
  readonly log: Log;
};

export function createRestHandler(parts: RestParts): RestHandler {
  return async (request) => {
    const found = findRoute(parts.routes, request.verb, request.path);
    if (!found.ok) return { ...refusedPath(request.path, found.problem), label: "none" };
    const { route } = found.value;
    const label = route.template;
    const refused = await parts.gate.address(request.address);
    if (refused) return { ...problemAnswer(refused), label };
    const caller = await parts.gate.caller(request.header("authorization"));
    if (!caller.ok) return { ...problemAnswer(caller.problem), label };
    const body = await request.body();
    if (!body.ok) return { ...problemAnswer(body.problem), label };
    const message = toRequestMessage(found.value, {
      query: request.query,
      ifMatch: request.header("if-match"),
      idempotencyKey: request.header("idempotency-key"),
      body: body.value,
    });
    if (!message.ok) return { ...problemAnswer(message.problem), label };
    const answer = await parts.client.call(route.method, message.value, { authorization: caller.value.authorization });
    if (answer.ok) return { ...goodAnswer(route, request.path, answer.value), label };
    return { ...problemAnswer(withId(answer.problem, parts.log, label)), label };
  };
}

/** A socket's path without an upgrade says what is missing, since that is an easy mistake to make. */
function refusedPath(path: string, why: Problem): HttpAnswer {
  if (why.error === "NOT_FOUND" && /^(\/api\/v1)?\/ws\//.test(path)) {
    return problemAnswer(problem("UPGRADE_REQUIRED", "this path is for WebSocket connections"));
  }
  const answer = problemAnswer(why);
  const { allowed } = why.details;
  if (why.error !== "METHOD_NOT_ALLOWED" || !Array.isArray(allowed)) return answer;
  return { ...answer, headers: { ...answer.headers, allow: allowed.join(", ") } };
}

function goodAnswer(route: Route, path: string, message: Message): HttpAnswer {
  if (route.status === 204) return { status: 204, headers: {} };
  const headers: Record<string, string> = { "content-type": JSON_TYPE };
  if (route.method.output.typeName === CombatSessionSchema.typeName) {
    const session = message as CombatSession;
    headers["etag"] = `"${session.version}"`;
    if (route.status === 201) headers["location"] = `${prefixOf(path)}/sessions/${session.id}`;
  }
  return { status: route.status, headers, body: JSON.stringify(toPublicJson(route.method.output, message)) };
}

/** Whoever came by the prefix is sent on by it. */
function prefixOf(path: string): string {
  return path.startsWith(`${API_PREFIX}/`) ? API_PREFIX : "";
}

/** Combat's own failures have an id of its log; those that it could not name get one of ours. */
export function withId(why: Problem, log: Log, about: string): Problem {
  if (why.error !== "INTERNAL" || typeof why.details["id"] === "string") return why;
  return caught(new Error(`combat failed: ${why.message}`), log, { about, ...why.details });
}
