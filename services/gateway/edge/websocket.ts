/**
 * WebSocket edge: from an upgrade request to a living socket, and to the end of all of them.
 * In:  upgrade requests.   Out: sockets that play, or HTTP answers with the error body before any upgrade.
 * Order of a handshake: admission, rate of the address, request, its turn, token, rate of the player, combat's answer; the
 *      whole within HANDSHAKE_MS_MAX. Nothing is upgraded before combat has let the caller in.
 * Law: one timer serves all sockets; an error in one handshake or socket ends that one only.
 * Tokens: a join ticket opens the door and no more, so its sockets live on when it runs out; a user's own token is
 *      watched, and closed with 4002 unless refreshed.
 * Not here: REST and Connect (http-server.ts), decisions about a living socket (connection.ts).
 */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type Server, type ServerOptions, WebSocketServer } from "ws";
import type { Limiter } from "#auth/limiter.ts";
import type { Verifier } from "#auth/verifier.ts";
import type { Clock } from "#kit/clock.ts";
import type { Log } from "#kit/log.ts";
import { Wheel, type WheelEntry } from "#kit/wheel.ts";
import { type Problem, problem } from "#wire/problem.ts";
import { Connection, type RefreshVerdict } from "../connection/connection.ts";
import type { Caller } from "../connection/messages.ts";
import type { Relay, Route } from "../connection/relay.ts";
import {
  CLIENT_MESSAGE_BYTES_MAX,
  CLIENT_MESSAGE_FRAGMENTS_MAX,
  CLIENT_MESSAGE_PIECES_MAX,
  CLOSE_MS_MAX,
  DRAIN_BATCH_MAX,
  DRAIN_MS_MAX,
  HANDSHAKE_MS_MAX,
  HEARTBEAT_MS,
  UNAVAILABLE_RETRY_AFTER_MS,
  WHEEL_STEP_MS,
} from "../limits.ts";
import { caught } from "../rest/errors.ts";
import { type AdmissionRules, admit } from "./admission.ts";
import type { AddressReader } from "./client-address.ts";
import { ClientSocket, type SocketSurroundings } from "./client-socket.ts";
import { Downstream } from "./downstream.ts";
import { admitCaller, problemWithPrincipal, readEntry, SUBPROTOCOLS } from "./entry.ts";
import { OwnedWebSocket } from "./owned-websocket.ts";
import { PendingUpgrade } from "./pending-upgrade.ts";
import { Turnstile } from "./turnstile.ts";

export type SocketEdgeParts = {
  readonly clock: Clock;
  readonly log: Log;
  readonly rules: AdmissionRules;
  readonly verifier: Pick<Verifier, "socket" | "user">;
  /** Connection attempts. */
  readonly addressConnects: Limiter;
  readonly playerConnects: Limiter;
  /** How many handshakes begin in a second. */
  readonly handshakesPerSecond: number;
  /** Whom an attempt is counted against. */
  readonly addressOf: AddressReader;
  /** Relays not opened yet: the edge opens them, and closes them at the end of its drain. */
  readonly route: Route;
  /** 0 to 1, for jitter. */
  readonly random: () => number;
};

export type SocketEdge = {
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Sends everybody away with 1001 and a hint when to come back. Resolves when all are gone, or cut. */
  drain(): Promise<void>;
  /** Sockets, and handshakes on their way. */
  connectionCount(): number;
};

export function createSocketEdge(parts: SocketEdgeParts): SocketEdge {
  return new WebSocketEdge(parts);
}

/** A handshake that combat was not asked about yet. */
type Attempt = WheelEntry & { readonly pending: PendingUpgrade; readonly dueMs: number; handleTick(): void };

class WebSocketEdge implements SocketEdge {
  private readonly parts: SocketEdgeParts;
  private readonly server = createServer();
  /** Of relays that were used; one that the route has forgotten is not kept. */
  private readonly downstreams = new WeakMap<Relay, Downstream>();
  private readonly wheel: Wheel<Attempt | ClientSocket>;
  private readonly timer: NodeJS.Timeout;
  private readonly turnstile: Turnstile;
  private readonly sockets = new Set<ClientSocket>();
  private readonly attempts = new Set<Attempt>();
  private readonly around: SocketSurroundings;
  private lastConnection = 0;
  private isDraining = false;
  private whenEmpty: () => void = () => {};

  constructor(parts: SocketEdgeParts) {
    this.parts = parts;
    const slotCount = Math.ceil(HEARTBEAT_MS / WHEEL_STEP_MS) + 1;
    this.wheel = new Wheel(parts.clock.nowMs(), { stepMs: WHEEL_STEP_MS, slotCount });
    this.around = {
      clock: parts.clock,
      log: parts.log,
      random: parts.random,
      upgrade: (pending) => pending.upgrade(this.server),
      refresh: (token, caller) => this.refresh(token, caller),
      schedule: (socket, dueMs) => this.wheel.schedule(socket, dueMs),
      reroute: (socket, address) => this.reroute(socket, address),
      forget: (socket) => this.forget(socket),
    };
    for (const relay of parts.route.relays()) this.downstreamOf(relay);
    this.turnstile = new Turnstile(parts.handshakesPerSecond, parts);
    this.timer = setInterval(() => this.turnWheel(), WHEEL_STEP_MS);
    this.timer.unref(); // Sockets keep the process alive, their deadlines alone do not.
  }

  connectionCount(): number {
    return this.sockets.size + this.attempts.size;
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const pending = new PendingUpgrade(request, socket, head);
    const attempt: Attempt = {
      wheelSlot: -1,
      pending,
      dueMs: this.parts.clock.nowMs() + HANDSHAKE_MS_MAX,
      handleTick: () => this.refuse(attempt, late()),
    };
    pending.onGone(() => this.settle(attempt));
    void this.receive(attempt);
  }

  async drain(): Promise<void> {
    this.isDraining = true;
    this.turnstile.close();
    for (const attempt of [...this.attempts]) this.refuse(attempt, drained());
    const deadline = setTimeout(() => this.cut(), DRAIN_MS_MAX);
    const empty = new Promise<void>((resolve) => {
      this.whenEmpty = resolve;
    });
    await this.sendAway();
    if (this.sockets.size > 0) await empty;
    clearTimeout(deadline);
    clearInterval(this.timer);
    await Promise.all(this.parts.route.relays().map((relay) => relay.close()));
  }

  /** Never rejects: whatever goes wrong is answered. */
  private async receive(attempt: Attempt): Promise<void> {
    try {
      const why = await this.enter(attempt);
      if (why !== null) this.refuse(attempt, why);
    } catch (error) {
      this.refuse(attempt, caught(error, this.parts.log, { at: "upgrade" }));
    }
  }

  /** Null when it goes on, or nobody is there any more. */
  private async enter(attempt: Attempt): Promise<Problem | null> {
    const { request } = attempt.pending;
    const { origin } = request.headers;
    const asking = { origin, draining: this.isDraining, connectionCount: this.connectionCount() };
    const unfit = admit(asking, this.parts.rules);
    if (unfit !== null) return unfit;
    this.attempts.add(attempt);
    this.wheel.schedule(attempt, attempt.dueMs);

    const address = this.addressOf(request);
    const tooManyOfAddress = await limited(this.parts.addressConnects, address, "address");
    if (tooManyOfAddress !== null) return tooManyOfAddress;
    const entry = readEntry({ method: request.method, url: request.url, headers: request.headers });
    if (!entry.ok) return entry.problem;
    if (attempt.pending.isOver()) return null;
    const turn = await this.turnstile.enter(address, () => attempt.pending.isOver());
    if (turn.kind === "away") return crowded(turn.retryAfterMs);
    if (turn.kind === "closed") return drained();
    if (attempt.pending.isOver()) return null;
    const credential = await this.parts.verifier.socket(entry.value.token);
    if (!credential.ok) return credential.problem;
    const caller = admitCaller(entry.value, credential.value);
    if (!caller.ok) return caller.problem;
    const tooManyOfPlayer = await limited(this.parts.playerConnects, caller.value.playerId, "player");
    if (tooManyOfPlayer !== null) return tooManyOfPlayer;
    if (attempt.pending.isOver()) return null;
    return this.attach(attempt, { ...caller.value, connection: this.nextConnection() });
  }

  private addressOf(request: IncomingMessage): string {
    const forwardedFor = request.headers["x-forwarded-for"];
    const text = Array.isArray(forwardedFor) ? forwardedFor.join(",") : forwardedFor;
    return this.parts.addressOf(request.socket.remoteAddress, text);
  }

  private attach(attempt: Attempt, caller: Caller): Problem | null {
    const relay = this.parts.route.relayFor(caller.sessionId);
    if (!relay.isUp()) return away();
    this.settle(attempt);
    const nowMs = this.parts.clock.nowMs();
    const start = { nowMs, handshakeDueMs: attempt.dueMs, spread: spreadOf(caller.connection) };
    const socket = new ClientSocket(new Connection(caller, start), attempt.pending, relay, this.around);
    this.sockets.add(socket);
    this.downstreamOf(relay).add(socket);
    socket.start();
    return null;
  }

  private refuse(attempt: Attempt, why: Problem): void {
    attempt.pending.refuse(why);
    this.settle(attempt);
  }

  /** The attempt is over, or has become a socket. */
  private settle(attempt: Attempt): void {
    this.attempts.delete(attempt);
    this.wheel.remove(attempt);
  }

  private forget(socket: ClientSocket): void {
    if (!this.sockets.delete(socket)) return;
    this.wheel.remove(socket);
    this.downstreamOf(socket.relay).remove(socket);
    if (this.sockets.size === 0) this.whenEmpty();
  }

  private async refresh(token: string, caller: Caller): Promise<RefreshVerdict> {
    const verified = await this.parts.verifier.user(token);
    if (!verified.ok) {
      // One that has just run out, or a key server that is away, is no forgery: the old token still holds.
      const { error, details } = verified.problem;
      return {
        ok: false,
        problem: verified.problem,
        fatal: error === "UNAUTHENTICATED" && details["reason"] !== "expired",
      };
    }
    const principal = verified.value;
    if (principal.playerId !== caller.playerId) {
      return {
        ok: false,
        problem: problem("FORBIDDEN", "the new token is somebody else's", { field: "sub" }),
        fatal: true,
      };
    }
    const why = problemWithPrincipal(principal, caller);
    return why === null
      ? { ok: true, expiresAtUnixMs: principal.expiresAtUnixMs }
      : { ok: false, problem: why, fatal: true };
  }

  private turnWheel(): void {
    for (const entry of this.wheel.pollDue(this.parts.clock.nowMs())) {
      try {
        entry.handleTick();
      } catch (error) {
        this.parts.log.error({ error }, "a socket's tick failed; it is cut");
        if (entry instanceof ClientSocket) entry.terminate();
      }
    }
  }

  /** In batches, so that those who are not told yet still play. */
  private async sendAway(): Promise<void> {
    let toldCount = 0;
    for (const socket of [...this.sockets]) {
      socket.close("draining");
      toldCount += 1;
      if (toldCount % DRAIN_BATCH_MAX === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  private cut(): void {
    for (const socket of [...this.sockets]) socket.terminate();
  }

  private reroute(socket: ClientSocket, address: string | null): void {
    const { route } = this.parts;
    const { sessionId } = socket.caller;
    const relay = (address === null ? null : route.relayAt(sessionId, address)) ?? route.relayFor(sessionId);
    if (relay !== socket.relay) {
      this.downstreamOf(socket.relay).remove(socket);
      socket.relay = relay;
      this.downstreamOf(relay).add(socket);
    }
    if (relay.isUp()) socket.handleRelayUp();
  }

  /** A relay is opened when it is first used. */
  private downstreamOf(relay: Relay): Downstream {
    const known = this.downstreams.get(relay);
    if (known !== undefined) return known;
    const downstream = new Downstream(this.parts.log);
    this.downstreams.set(relay, downstream);
    relay.open(downstream);
    return downstream;
  }

  private nextConnection(): number {
    this.lastConnection = (this.lastConnection % CONNECTION_MAX) + 1;
    return this.lastConnection;
  }
}

/** Numbers come round after four thousand million connections; nobody stays that long. */
const CONNECTION_MAX = 0xffff_ffff;

/** The golden ratio's multiples fall evenly between 0 and 1, however many there are. */
function spreadOf(connection: number): number {
  return (connection * 0.618_033_988_749_895) % 1;
}

function createServer(): Server<typeof OwnedWebSocket> {
  const options: ServerOptions<typeof OwnedWebSocket> & { closeTimeout: number } = {
    WebSocket: OwnedWebSocket,
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: CLIENT_MESSAGE_BYTES_MAX,
    maxFragments: CLIENT_MESSAGE_FRAGMENTS_MAX,
    maxBufferedChunks: CLIENT_MESSAGE_PIECES_MAX,
    closeTimeout: CLOSE_MS_MAX,
    autoPong: false, // Pings count as messages, so the connection's rate decides whether they are answered.
    handleProtocols: (offered) => firstKnown(offered) ?? false,
  };
  return new WebSocketServer(options); // Its types do not know closeTimeout yet.
}

function firstKnown(offered: Iterable<string>): string | undefined {
  const known: readonly string[] = Object.values(SUBPROTOCOLS);
  for (const name of offered) if (known.includes(name)) return name;
  return undefined;
}

async function limited(limiter: Limiter, key: string, of: string): Promise<Problem | null> {
  const verdict = await limiter.take(key);
  if (verdict.ok) return null;
  return problem("RATE_LIMITED", `too many connection attempts of one ${of}; wait`, {
    of,
    retry_after_ms: verdict.retryAfterMs,
  });
}

function late(): Problem {
  return problem("DEADLINE_EXCEEDED", "the handshake took too long; try again");
}

function drained(): Problem {
  return problem("UNAVAILABLE", "this gateway is shutting down; connect again", {
    retry_after_ms: UNAVAILABLE_RETRY_AFTER_MS,
  });
}

function crowded(retryAfterMs: number): Problem {
  return problem("UNAVAILABLE", "many connect just now; try again", { retry_after_ms: retryAfterMs });
}

function away(): Problem {
  return problem("UNAVAILABLE", "the combat service is away; try again", {
    retry_after_ms: UNAVAILABLE_RETRY_AFTER_MS,
  });
}
