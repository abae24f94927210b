/**
 * Connect server: CombatSessionService over HTTP/1.1 and HTTP/2 without TLS, on one port.
 * In:  handlers written once (handlers.ts).   Out: a listening port that speaks Connect, gRPC and gRPC-Web.
 * Law: slow, silent and idle connections are closed; a connection holds a bounded number of streams. Closing lets
 *      calls finish for a while, then ends their connections.
 * Not here: Relay (grpc-server.ts alone), metrics and probes (the admin port).
 */
import { createServer, type Server } from "node:http";
import { createServer as createHttp2Server, type Http2Server, type ServerHttp2Session } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import type { CallRules } from "./calls.ts";
import { addSessionRoutes, createGate } from "./connect-session.ts";
import type { SessionHandlers } from "./handlers.ts";
import {
  ANSWER_BYTES_MAX,
  CONNECTIONS_MAX,
  HEADER_BYTES_MAX,
  HEADER_PAIRS_MAX,
  HEADERS_MS_MAX,
  HTTP2_SESSION_MEMORY_MB,
  IDLE_CONNECTION_MS_MAX,
  REQUEST_BYTES_MAX,
  REQUEST_MS_MAX,
  STREAMS_PER_CONNECTION_MAX,
} from "./limits.ts";
import { sniffProtocol } from "./protocol-sniff.ts";

export type ConnectServerOptions = {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly rules: CallRules;
  readonly handlers: SessionHandlers;
};

export type ConnectServer = {
  readonly port: number;
  /** No new connections; running calls have `graceMs` to finish, then their connections end. */
  close(graceMs: number): Promise<void>;
};

/** Resolves when the port is open; rejects when it cannot be. */
export async function startConnectServer(options: ConnectServerOptions): Promise<ConnectServer> {
  const { rules, handlers } = options;
  const listener = connectNodeAdapter({
    routes: (router) => addSessionRoutes(router, rules, handlers),
    requestGate: createGate(rules),
    readMaxBytes: REQUEST_BYTES_MAX,
    writeMaxBytes: ANSWER_BYTES_MAX,
  });
  const http2 = createHttp2Server({
    settings: { maxConcurrentStreams: STREAMS_PER_CONNECTION_MAX, maxHeaderListSize: HEADER_BYTES_MAX },
    maxHeaderListPairs: HEADER_PAIRS_MAX,
    maxSessionMemory: HTTP2_SESSION_MEMORY_MB,
  });
  http2.on("request", listener);
  const sessions = keepSessions(http2, rules);
  const http1 = createServer(
    {
      headersTimeout: HEADERS_MS_MAX,
      requestTimeout: REQUEST_MS_MAX,
      keepAliveTimeout: IDLE_CONNECTION_MS_MAX,
      maxHeaderSize: HEADER_BYTES_MAX,
    },
    listener,
  );
  http1.maxConnections = CONNECTIONS_MAX;
  const sockets = shareConnections(http1, http2);
  await listen(http1, options);
  return {
    port: (http1.address() as AddressInfo).port,
    close: (graceMs) => close({ http1, sessions, sockets, graceMs }),
  };
}

/**
 * The HTTP/1.1 server does the listening, since its timeouts work only then; every connection it accepts is looked
 * at first and given back to it, or to the HTTP/2 server.
 */
function shareConnections(http1: Server, http2: Http2Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  const serveHttp1 = http1.listeners("connection");
  http1.removeAllListeners("connection");
  http1.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    sniffProtocol(socket, {
      http1: () => {
        for (const serve of serveHttp1) serve.call(http1, socket);
      },
      http2: () => {
        socket.allowHalfOpen = false; // As a listening HTTP/2 server has it: a peer that ends is gone.
        http2.emit("connection", socket);
      },
    });
  });
  return sockets;
}

/** Knows the open HTTP/2 connections and closes those that have had no call for a while. */
function keepSessions(http2: Http2Server, { log }: CallRules): ReadonlySet<ServerHttp2Session> {
  const sessions = new Set<ServerHttp2Session>();
  http2.on("session", (session) => {
    let streamCount = 0;
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
    session.on("stream", (stream) => {
      streamCount += 1;
      stream.once("close", () => {
        streamCount -= 1;
      });
    });
    session.setTimeout(IDLE_CONNECTION_MS_MAX, () => {
      if (streamCount === 0) session.close();
    });
  });
  // A broken connection is its peer's business; without a listener it would end the process.
  http2.on("sessionError", (error) => log.debug({ error }, "connection failed"));
  return sessions;
}

function listen(server: Server, { host, port }: ConnectServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.removeListener("error", reject);
      resolve();
    });
  });
}

type Closing = {
  readonly http1: Server;
  readonly sessions: ReadonlySet<ServerHttp2Session>;
  readonly sockets: ReadonlySet<Socket>;
  readonly graceMs: number;
};

function close({ http1, sessions, sockets, graceMs }: Closing): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, graceMs);
    // Its own connections and those it gave away both count: this fires when the last of them is closed.
    http1.close(() => {
      clearTimeout(timer);
      resolve();
    });
    http1.closeIdleConnections();
    for (const session of sessions) session.close();
  });
}
