/**
 * Admin server: probes and metrics on a port of their own, for operators only; never the public port.
 * In:  GET /livez, /readyz, /metrics.   Out: "ok"; {"ready","checks"} with 200 or 503; Prometheus text.
 * Law: /livez answers as long as the event loop turns; /readyz says whether work should be sent here just now.
 * Not here: the public /health of the gateway.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { collectDefaultMetrics, Registry } from "prom-client";
import type { Log } from "#kit/log.ts";
import { ADMIN_CHECK_MS_MAX, ADMIN_CONNECTIONS_MAX, ADMIN_HEADERS_MS_MAX } from "./limits.ts";

/** `checks` names what was looked at and how it stands, for people. */
export type Readiness = { readonly ready: boolean; readonly checks: { readonly [name: string]: string } };

export type AdminOptions = {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly ready: () => Readiness | Promise<Readiness>;
  readonly metrics: { readonly contentType: string; metrics(): Promise<string> };
  readonly log: Log;
};

export type AdminServer = {
  readonly port: number;
  readonly url: string;
  close(): Promise<void>;
};

/** A registry that has the process's own figures in it already: memory, CPU, event loop delay, handles. */
export function createMetrics(service: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  return registry;
}

/** Resolves when the port is open; rejects when it cannot be. */
export async function startAdminServer(options: AdminOptions): Promise<AdminServer> {
  const server = createServer({ headersTimeout: ADMIN_HEADERS_MS_MAX }, (request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      options.log.error({ error, path: request.url }, "admin request failed");
      if (!response.headersSent) send(response, { status: 500, type: TEXT, body: "internal error\n" });
    });
  });
  server.maxConnections = ADMIN_CONNECTIONS_MAX;
  await listen(server, options);
  const { port } = server.address() as AddressInfo;
  const host = options.host.includes(":") ? `[${options.host}]` : options.host;
  return { port, url: `http://${isAnyAddress(options.host) ? "localhost" : host}:${port}`, close: () => close(server) };
}

const TEXT = "text/plain; charset=utf-8";
const JSON_TYPE = "application/json";

type Answer = { readonly status: number; readonly type: string; readonly body: string };

async function answer(options: AdminOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("allow", "GET, HEAD");
    send(response, { status: 405, type: TEXT, body: "GET or HEAD only\n" });
    return;
  }
  send(response, await answerTo(options, (request.url ?? "/").split("?", 1)[0] ?? "/"));
}

async function answerTo(options: AdminOptions, path: string): Promise<Answer> {
  switch (path) {
    case "/livez":
      return { status: 200, type: TEXT, body: "ok\n" };
    case "/readyz": {
      const readiness = await checked(options);
      return { status: readiness.ready ? 200 : 503, type: JSON_TYPE, body: `${JSON.stringify(readiness)}\n` };
    }
    case "/metrics":
      return { status: 200, type: options.metrics.contentType, body: await options.metrics.metrics() };
    default:
      return { status: 404, type: TEXT, body: "not found: /livez, /readyz, /metrics\n" };
  }
}

/** The readiness, or not ready when the check throws or does not come back in time. */
async function checked({ ready, log }: AdminOptions): Promise<Readiness> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Readiness>((resolve) => {
    timer = setTimeout(resolve, ADMIN_CHECK_MS_MAX, { ready: false, checks: { readiness: "no answer in time" } });
  });
  try {
    return await Promise.race([Promise.resolve().then(ready), late]);
  } catch (error) {
    log.error({ error }, "readiness check failed");
    return { ready: false, checks: { readiness: "check failed" } };
  } finally {
    clearTimeout(timer);
  }
}

function send(response: ServerResponse, { status, type, body }: Answer): void {
  response.writeHead(status, {
    "content-type": type,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
  });
  response.end(response.req.method === "HEAD" ? undefined : body);
}

function listen(server: Server, { host, port }: AdminOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.removeListener("error", reject);
      resolve();
    });
  });
}

function isAnyAddress(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

/** Stops listening and ends what is open: nobody waits for a scrape. */
function close(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
    server.closeAllConnections();
  });
}
