/**
 * HTTP server: the public port. Says who answers: health, the OpenAPI document, Connect, REST, or the socket edge.
 * Law: slow, huge and half-open requests end by themselves; whatever is thrown becomes an answer with an id; while
 *      draining nothing new is taken.
 * CORS: origins on the list may read answers; others are refused (admission.ts). No cookies, so no credentials.
 * Not here: what a route does (rest/), what a socket does (websocket.ts).
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Clock } from "#kit/clock.ts";
import type { Log } from "#kit/log.ts";
import { problem } from "#wire/problem.ts";
import * as limits from "../limits.ts";
import { readBodyText } from "../rest/body.ts";
import type { ConnectFace } from "../rest/connect-face.ts";
import { caught, type HttpAnswer, JSON_TYPE, problemAnswer } from "../rest/errors.ts";
import type { RestAnswer, RestHandler } from "../rest/rest-handler.ts";
import { type AdmissionRules, admit } from "./admission.ts";
import type { AddressReader } from "./client-address.ts";
import type { Health } from "./health.ts";
import type { RequestMetrics } from "./request-metrics.ts";

export type HttpEdgeParts = {
  readonly rest: RestHandler;
  readonly connect: ConnectFace;
  readonly openApi: object;
  readonly health: Health;
  readonly addressOf: AddressReader;
  readonly rules: AdmissionRules;
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  readonly metrics: RequestMetrics;
  readonly clock: Clock;
  readonly log: Log;
};

export type HttpEdge = {
  /** Resolves to the port that is open. `host` null: all addresses. */
  listen(address: { readonly host: string | null; readonly port: number }): Promise<number>;
  /** From now on nothing new is taken; resolves when all requests are answered and their connections are closed. */
  drain(): Promise<void>;
  /** Cuts whatever is still open. */
  cut(): void;
};

export function createHttpEdge(parts: HttpEdgeParts): HttpEdge {
  const state = { draining: false };
  const openApi = JSON.stringify(parts.openApi);
  const server = createServer({
    headersTimeout: limits.HEADERS_MS_MAX,
    requestTimeout: limits.REQUEST_MS_MAX,
    connectionsCheckingInterval: limits.REQUEST_CHECK_MS,
    keepAliveTimeout: limits.KEEP_ALIVE_MS,
    maxHeaderSize: limits.HEADER_BYTES_MAX,
    // Some clients offer h2c on plain requests; those are answered as if they had not.
    shouldUpgradeCallback: (request) => request.headers.upgrade?.toLowerCase() === "websocket",
  });
  server.maxHeadersCount = limits.HEADERS_MAX;
  server.maxRequestsPerSocket = limits.REQUESTS_PER_CONNECTION_MAX;
  server.maxConnections = parts.rules.connectionsMax + limits.REQUEST_CONNECTIONS_MAX;
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => refuseBroken(error, socket as Socket));
  server.on("request", (request, response) => answer({ parts, state, openApi, request, response }));
  server.on("upgrade", (request, socket, head) => {
    try {
      parts.upgrade(request, socket, head);
    } catch (cause) {
      caught(cause, parts.log, { about: "upgrade" });
      socket.destroy();
    }
  });

  return {
    listen: ({ host, port }) => listen(server, { host, port }),
    drain() {
      state.draining = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      return closed;
    },
    cut: () => server.closeAllConnections(),
  };
}

type Exchange = {
  readonly parts: HttpEdgeParts;
  readonly state: { readonly draining: boolean };
  readonly openApi: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
};

function answer(exchange: Exchange): void {
  const { parts, request, response } = exchange;
  const startedMs = parts.clock.nowMs();
  let route = "none";
  response.once("close", () => {
    const ms = parts.clock.nowMs() - startedMs;
    parts.metrics({ route, verb: request.method ?? "", status: response.statusCode, ms });
  });
  answerOf(exchange)
    .then((given) => {
      if (given === "elsewhere") route = "connect";
      else {
        route = given.label;
        send(exchange, given);
      }
    })
    .catch((cause: unknown) => {
      if (request.errored || response.destroyed) return; // The client went away in the middle: nobody to tell.
      send(exchange, problemAnswer(caught(cause, parts.log, { about: "request", verb: request.method })));
    });
}

async function answerOf({ parts, state, openApi, request, response }: Exchange): Promise<RestAnswer | "elsewhere"> {
  const { origin } = request.headers;
  const refused = admit({ origin, draining: state.draining, connectionCount: 0 }, parts.rules);
  if (origin !== undefined && refused?.error !== "FORBIDDEN") allowOrigin(response, origin);
  const [path = "/", query = ""] = splitOnce(request.url ?? "/", "?");
  if (path === "/health" && isRead(request))
    return { ...(await healthAnswer(parts.health, state.draining)), label: path };
  if (refused) return { ...problemAnswer(refused), label: "none" };
  if (request.method === "OPTIONS") return { ...preflightAnswer(), label: "preflight" };
  if (path === "/openapi.json" && isRead(request)) return { ...jsonAnswer(200, openApi), label: path };
  const address = parts.addressOf(request.socket.remoteAddress, oneHeader(request, "x-forwarded-for"));
  if (parts.connect.owns(path)) {
    parts.connect.handle(request, response, address);
    return "elsewhere";
  }
  return parts.rest({
    verb: request.method ?? "",
    path,
    query,
    address,
    header: (name) => oneHeader(request, name),
    body: () => readBodyText(request),
  });
}

function isRead(request: IncomingMessage): boolean {
  return request.method === "GET" || request.method === "HEAD";
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length)];
}

function oneHeader(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}

// Answers

async function healthAnswer(health: Health, draining: boolean): Promise<HttpAnswer> {
  if (!draining && (await health.isCombatServing()))
    return jsonAnswer(200, JSON.stringify({ status: "ok", combat: "serving" }));
  const message = draining ? "this gateway is shutting down" : "the combat service does not serve just now";
  const why = problem("UNAVAILABLE", message, { retry_after_ms: limits.UNAVAILABLE_RETRY_AFTER_MS });
  return { ...problemAnswer(why), body: JSON.stringify({ status: "unavailable", ...why }) };
}

function jsonAnswer(status: number, body: string): HttpAnswer {
  return { status, headers: { "content-type": JSON_TYPE }, body };
}

function allowOrigin(response: ServerResponse, origin: string): void {
  response.setHeader("access-control-allow-origin", origin);
  response.setHeader("access-control-expose-headers", "ETag, Location, Retry-After, WWW-Authenticate");
  response.setHeader("vary", "Origin");
}

const PREFLIGHT_HEADERS = {
  "access-control-allow-methods": "GET, POST, PUT, DELETE",
  "access-control-allow-headers":
    "Authorization, Content-Type, If-Match, Idempotency-Key, Connect-Protocol-Version, Connect-Timeout-Ms",
  "access-control-max-age": "600",
};

function preflightAnswer(): HttpAnswer {
  return { status: 204, headers: PREFLIGHT_HEADERS };
}

function send({ state, request, response }: Exchange, { status, headers, body }: HttpAnswer): void {
  if (response.headersSent || response.destroyed) return;
  const unread = isLeftUnread(request);
  if (state.draining || unread) response.setHeader("connection", "close");
  response.setHeader("cache-control", "no-store");
  response.setHeader("x-content-type-options", "nosniff");
  if (body !== undefined) response.setHeader("content-length", Buffer.byteLength(body));
  response.writeHead(status, headers);
  if (unread) linger(request, response, body);
  else response.end(body);
}

/** Whether more of a body may come than is worth reading: the connection ends with the answer then. */
function isLeftUnread(request: IncomingMessage): boolean {
  const declaredBytes = Number(request.headers["content-length"] ?? 0);
  const undeclared = request.headers["transfer-encoding"] !== undefined;
  return !request.complete && (undeclared || declaredBytes > limits.BODY_DISCARDED_BYTES_MAX);
}

/** Answers at once, but ends the connection only when the sender is done: closing it on unread bytes would reset it. */
function linger(request: IncomingMessage, response: ServerResponse, body: string | undefined): void {
  if (body !== undefined && request.method !== "HEAD") response.write(body);
  else response.flushHeaders();
  const timer = setTimeout(() => response.end(), limits.LINGER_MS_MAX);
  response.once("close", () => clearTimeout(timer));
  request.once("end", () => response.end());
  request.resume();
}

/** What the parser could not take: the connection is of no further use, but its sender is told why. */
function refuseBroken(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const [status, why] = brokenAnswer(error.code ?? "");
  const body = JSON.stringify(why);
  const head = `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: ${JSON_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}`;
  socket.end(`${head}\r\n\r\n${body}`);
  socket.destroySoon();
}

function brokenAnswer(code: string) {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") {
    return ["408 Request Timeout", problem("DEADLINE_EXCEEDED", "the request took too long to arrive")] as const;
  }
  if (code === "HPE_HEADER_OVERFLOW") {
    const details = { allowed: limits.HEADER_BYTES_MAX };
    return [
      "431 Request Header Fields Too Large",
      problem("PAYLOAD_TOO_LARGE", "the headers are too large", details),
    ] as const;
  }
  return ["400 Bad Request", problem("INVALID_ARGUMENT", "this is not HTTP/1.1")] as const;
}

function listen(server: Server, { host, port }: { host: string | null; port: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(host === null ? { port } : { host, port }, () => {
      server.removeListener("error", reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
