/**
 * REST fixture: the public port as it is composed, over real HTTP, with a combat that says what a test tells it.
 * Not here: sockets (the upgrade is refused), a real combat.
 */
import { request as httpRequest } from "node:http";
import type { DescMethodUnary, Message } from "@bufbuild/protobuf";
import { createMemoryLimiter } from "#auth/limiter.ts";
import type { Principal } from "#auth/principal.ts";
import { createGate } from "#gateway/auth/gate.ts";
import { createAddressReader } from "#gateway/edge/client-address.ts";
import { createHttpEdge } from "#gateway/edge/http-server.ts";
import type { Answered } from "#gateway/edge/request-metrics.ts";
import { createConnectFace } from "#gateway/rest/connect-face.ts";
import { openApiDocument } from "#gateway/rest/openapi.ts";
import { createRestHandler } from "#gateway/rest/rest-handler.ts";
import { readRoutes } from "#gateway/rest/routes.ts";
import type { CallOptions, UnaryClient } from "#gateway/upstream/unary-client.ts";
import { CombatSessionService } from "#gen/necpgame/combat/v1/session_service_pb.js";
import { systemClock } from "#kit/clock.ts";
import { no, ok, problem, type Result } from "#wire/problem.ts";

export const PLAYER = "11111111-1111-4111-8111-111111111111";
export const SESSION = "22222222-2222-4222-8222-222222222222";
export const ORIGIN = "https://game.example";

export type Call = { readonly method: string; readonly request: Message; readonly options: CallOptions };
export type Logged = { readonly level: string; readonly fields: Record<string, unknown> };

export type RestUnderTest = {
  readonly url: string;
  readonly port: number;
  /** What reached combat. */
  readonly calls: Call[];
  readonly logged: Logged[];
  readonly answered: Answered[];
  /** What combat answers next; by default a problem that says nothing was planned. */
  combat: (method: DescMethodUnary, request: Message) => Promise<Result<Message>>;
  serving: boolean;
  drain(): Promise<void>;
  stop(): void;
};

export const routes = readRoutes(CombatSessionService);

export type Caps = { readonly perAddress?: number; readonly perPlayer?: number };

/** `Bearer good` is a player, `Bearer service` a service; every other token is refused as expired. */
export async function startRest({ perAddress = 1_000_000, perPlayer = 1_000_000 }: Caps = {}): Promise<RestUnderTest> {
  const calls: Call[] = [];
  const logged: Logged[] = [];
  const answered: Answered[] = [];
  const note = (level: string) => (fields: Record<string, unknown>) => void logged.push({ level, fields });
  const log = { debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") };
  const limiter = (points: number) => createMemoryLimiter({ points, durationSeconds: 60, keysMax: 10 });
  const gate = createGate({
    verifier: { user: verify },
    addressRequests: limiter(perAddress),
    playerRequests: limiter(perPlayer),
  });
  const client = {
    call: ((method: DescMethodUnary, request: Message, options: CallOptions) => {
      calls.push({ method: method.name, request, options });
      return under.combat(method, request);
    }) as UnaryClient["call"],
  };
  const edge = createHttpEdge({
    rest: createRestHandler({ routes, gate, client, log }),
    connect: createConnectFace({ service: CombatSessionService, gate, client, log }),
    openApi: openApiDocument(routes),
    health: { isCombatServing: async () => under.serving },
    addressOf: createAddressReader([]),
    rules: { allowedOrigins: [ORIGIN], connectionsMax: 100 },
    upgrade: (_request, socket) => socket.destroy(),
    metrics: (each) => answered.push(each),
    clock: systemClock,
    log,
  });
  const port = await edge.listen({ host: "127.0.0.1", port: 0 });
  const under: RestUnderTest = {
    url: `http://127.0.0.1:${port}`,
    port,
    calls,
    logged,
    answered,
    combat: async () => no(problem("NOT_FOUND", "nothing was planned")),
    serving: true,
    drain: () => edge.drain(),
    stop: () => {
      void edge.drain();
      edge.cut();
    },
  };
  return under;
}

async function verify(token: string): Promise<Result<Principal>> {
  if (token !== "good" && token !== "service") return no(problem("UNAUTHENTICATED", "expired", { reason: "expired" }));
  const role = token === "good" ? "player" : "service";
  const expiresAtUnixMs = Date.now() + 60_000;
  return ok({ playerId: PLAYER, roles: new Set([role]), name: null, sessionId: null, expiresAtUnixMs });
}

export type Asked = {
  readonly verb?: string;
  readonly path: string;
  readonly headers?: Record<string, string | undefined>;
  readonly body?: string | Buffer;
};

export type Answer = {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
  /** The body as JSON; null where it is none. */
  readonly json: { readonly [name: string]: unknown; readonly details?: Record<string, unknown> } | null;
};

/** One request as it is, without what fetch would add; a good token unless told. */
export function ask({ port }: { port: number }, { verb = "GET", path, headers = {}, body }: Asked): Promise<Answer> {
  const all = { authorization: "Bearer good", ...(body === undefined ? {} : { "content-type": "application/json" }) };
  const given = Object.entries({ ...all, ...headers }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ port, host: "127.0.0.1", method: verb, path, headers: Object.fromEntries(given) });
    sent.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: jsonOf(text) });
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

function jsonOf(text: string): Answer["json"] {
  try {
    return JSON.parse(text) as Answer["json"];
  } catch {
    return null;
  }
}
