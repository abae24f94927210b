/**
 * Combat socket: a player's or a spectator's connection to one match, for as long as the match lasts.
 * In:  options once, inputs by method.   Out: server messages in order, and a view of the match.
 * Law: inputs are numbered by one; events reach `onMessage` in order, each once, whatever the connection did in
 *      between: after a break it resumes where it stopped, a gap is asked for, and what cannot be closed becomes a
 *      full session_state.
 * Runs in browsers and on Node; `webSocket` injects another implementation.
 * Not here: how a connection is kept (link.ts), formats (encode.ts, decode.ts), REST (sessions-client.ts).
 */
import { type Clock, systemClock } from "#kit/clock.ts";
import { type SpectateAs, SUBPROTOCOLS, socketUrl, type Target } from "./address.ts";
import type { BackoffSettings } from "./backoff.ts";
import { Decoder } from "./decode.ts";
import { encode, type WireFormat } from "./encode.ts";
import { ATTEMPTS_MAX, BACKOFF_BASE_MS, BACKOFF_CEILING_MS, GAP_MS_MAX, PINGS_MAX, PONG_MS_MAX } from "./limits.ts";
import { type Down, Link, type LinkState, type WebSocketConstructor } from "./link.ts";
import type { ClientData, ClientMessage, ClientMessageType, Pong, ServerMessage } from "./messages.ts";
import type { CameraMode, Vec3 } from "./session.ts";
import { SessionView } from "./view.ts";

/** connect: the first attempt. return: after a break. refresh: the server said the token runs out. */
export type TokenOccasion = "connect" | "return" | "refresh";

export type CombatSocketOptions = {
  /** The gateway (http, https, ws or wss), or the whole `websocket_url` of a join answer. */
  url: string;
  sessionId: string;
  /** A user's token or a join ticket. A ticket opens one connection only: to come back, give a `tokenProvider`. */
  token?: string;
  tokenProvider?: (occasion: TokenOccasion) => string | Promise<string>;
  /** Default json. */
  format?: WireFormat;
  /** Given: watch instead of play. */
  spectate?: SpectateAs;
  /** major.minor.patch. Default 1.0.0. */
  clientVersion?: string;
  /** Every message, in order, after the view took it. Repeated events do not come. */
  onMessage?: (message: ServerMessage) => void;
  onOpen?: () => void;
  /** A connection ended; `retryInMs` null: for good. */
  onDown?: (down: Down) => void;
  /** Events were missing; they are asked for at once. */
  onGap?: (gap: { expected: number; got: number }) => void;
  /** Each measured round trip, the client's own heartbeats included. */
  onRoundTrip?: (ms: number) => void;
  /** A frame that said nothing this version understands. */
  onUndecodable?: (detail: string) => void;
  /** Default: the global WebSocket. */
  webSocket?: WebSocketConstructor;
  clock?: Clock;
  random?: () => number;
  backoff?: BackoffSettings;
  attemptsMax?: number;
};

export type Move = ClientData["position_update"];
/** Give `targetId` (shoots at the middle of that player) or `direction` (any vector but zero). */
export type Attack = {
  targetId?: string;
  direction?: Vec3;
  weapon?: string;
  /** The server time that was being drawn (interpolate.ts); absent: the newest state was. */
  drawnUnixMs?: number;
};
/** `position` is a spot on the ground, metres. */
export type AbilityAim = { targetId?: string; direction?: Vec3; position?: Vec3; drawnUnixMs?: number };
export type CameraWish = { cameraMode: CameraMode; followTarget?: string; position?: Vec3; direction?: Vec3 };

/** Opens a socket and keeps it. */
export function connect(options: CombatSocketOptions): CombatSocket {
  return new CombatSocket(options);
}

export class CombatSocket {
  readonly view = new SessionView();
  /** The newest round trip; null before the first. */
  roundTripMs: number | null = null;
  private readonly options: CombatSocketOptions;
  private readonly clock: Clock;
  private readonly format: WireFormat;
  private readonly decoder: Decoder;
  private readonly link: Link;
  private readonly pings = new Map<number, (ms: number | null) => void>();
  private inputCount = 0;
  private attempts = 0;
  /** When the newest state came, by our clock. */
  private stateCameMs = 0;
  private gapSinceMs: number | null = null;
  /** A gap that resume could not close: the next connection asks for everything. */
  private wantsFullState = false;
  /** Server clock minus ours, by the round trip that was shortest so far. */
  private serverAhead = { ms: 0, roundTripMs: Number.POSITIVE_INFINITY };

  constructor(options: CombatSocketOptions) {
    this.options = options;
    this.clock = options.clock ?? systemClock;
    this.format = options.format ?? "json";
    this.decoder = new Decoder(options.sessionId);
    this.link = this.makeLink();
    this.link.open();
  }

  get state(): LinkState {
    return this.link.state;
  }

  /** `seq` of the newest input. */
  get lastInput(): number {
    return this.inputCount;
  }

  /** What the server's clock shows now, for interpolation; our own before the first pong. */
  serverUnixMs(): number {
    return this.clock.unixMs() + this.serverAhead.ms;
  }

  /** Tells where this player is. Answers its `seq`, or null when it was not sent. */
  move(to: Move): number | null {
    const client_ms = Math.round(this.view.matchMs + this.clock.nowMs() - this.stateCameMs);
    return this.input("position_update", { client_ms, ...to });
  }

  /** The server judges the shot by what was being drawn, as far back as it allows. */
  attack({ targetId, direction, weapon, drawnUnixMs }: Attack): number | null {
    const client_ms = drawnUnixMs === undefined ? this.view.matchMs : this.view.matchMsAt(drawnUnixMs);
    const aim = { target_id: targetId, direction, weapon, client_ms };
    return this.input("combat_action", { action_type: "attack", ...aim });
  }

  /** On whom or where, by what the ability takes; what was drawn counts as for a shot. */
  useAbility(abilityId: string, { targetId, direction, position, drawnUnixMs }: AbilityAim = {}): number | null {
    const client_ms = drawnUnixMs === undefined ? this.view.matchMs : this.view.matchMsAt(drawnUnixMs);
    const aim = { target_id: targetId, direction, target_position: position, client_ms };
    return this.input("combat_action", { action_type: "ability", ability_id: abilityId, ...aim });
  }

  useItem(itemId: string): number | null {
    return this.input("combat_action", { action_type: "use_item", item_id: itemId });
  }

  reload(): number | null {
    return this.input("combat_action", { action_type: "reload" });
  }

  switchWeapon(weapon: string): number | null {
    return this.input("combat_action", { action_type: "switch_weapon", weapon });
  }

  /** Spectators: another view. false: not sent. */
  camera({ cameraMode, followTarget, position, direction }: CameraWish): boolean {
    return this.send("camera_update", { camera_mode: cameraMode, follow_target: followTarget, ...position, direction });
  }

  /** Leaves the match for good; the server closes the socket. */
  leave(): boolean {
    return this.send("leave", {});
  }

  /** Milliseconds there and back, or null when no answer came. */
  ping(): Promise<number | null> {
    const sentAtMs = this.clock.nowMs();
    if (this.pings.size >= PINGS_MAX || this.pings.has(sentAtMs) || !this.send("ping", { t: sentAtMs })) {
      return Promise.resolve(null);
    }
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.settlePing(sentAtMs, null), PONG_MS_MAX);
      this.pings.set(sentAtMs, (ms) => {
        clearTimeout(timer);
        resolve(ms);
      });
    });
  }

  /** Ends the connection and stays away; the seat is kept for the session's grace time. */
  close(): void {
    this.link.close();
  }

  private makeLink(): Link {
    const { options } = this;
    return new Link({
      webSocket: options.webSocket ?? (globalThis.WebSocket as unknown as WebSocketConstructor),
      subprotocol: SUBPROTOCOLS[this.format],
      clock: this.clock,
      random: options.random ?? Math.random,
      backoff: options.backoff ?? { baseMs: BACKOFF_BASE_MS, ceilingMs: BACKOFF_CEILING_MS },
      attemptsMax: options.attemptsMax ?? ATTEMPTS_MAX,
      address: () => this.address(),
      onOpen: () => this.opened(),
      onFrame: (frame) => this.handleFrame(frame),
      onHeartbeat: () => this.beat(),
      onDown: (down) => this.handleDown(down),
    });
  }

  private async address(): Promise<string> {
    const occasion = this.attempts === 0 ? "connect" : "return";
    this.attempts += 1;
    const token = await this.token(occasion);
    const target: Target = { ...this.options, clientVersion: this.options.clientVersion ?? "1.0.0" };
    return socketUrl(target, token, this.wantsFullState ? null : this.view.cursor);
  }

  private async token(occasion: TokenOccasion): Promise<string> {
    const { token, tokenProvider } = this.options;
    if (tokenProvider) return tokenProvider(occasion);
    if (token === undefined) throw new TypeError("connect needs `token` or `tokenProvider`");
    return token;
  }

  private opened(): void {
    this.gapSinceMs = null;
    this.wantsFullState = false;
    this.options.onOpen?.();
    void this.ping(); // Answers null at worst; the first round trip sets the server's clock.
  }

  private handleFrame(frame: string | ArrayBuffer): void {
    const decoded = this.decoder.decode(frame);
    if (!decoded.ok) {
      this.options.onUndecodable?.(decoded.detail);
      return;
    }
    const taken = this.view.handleMessage(decoded.message);
    if (taken.kind === "gap") this.handleGap(taken);
    if (taken.kind === "news") this.handleNews(decoded.message);
  }

  private handleNews(message: ServerMessage): void {
    if (!this.view.inGap) this.gapSinceMs = null;
    if (message.type === "state_update" || message.type === "session_state") this.stateCameMs = this.clock.nowMs();
    if (message.type === "pong") this.handlePong(message);
    if (message.type === "token_expiring") void this.refreshToken();
    this.options.onMessage?.(message);
  }

  /** Asks once; if that does not help in time, comes back for a full state. */
  private handleGap({ expected, got }: { expected: number; got: number }): void {
    const now = this.clock.nowMs();
    if (this.gapSinceMs === null) {
      this.gapSinceMs = now;
      this.options.onGap?.({ expected, got });
      this.send("resume", { epoch: this.view.epoch, frame: this.view.frame });
    } else if (now - this.gapSinceMs > GAP_MS_MAX) this.giveGapUp();
  }

  private giveGapUp(): void {
    this.wantsFullState = true;
    this.link.reopen("events are missing");
  }

  private beat(): void {
    const gapMs = this.gapSinceMs === null ? 0 : this.clock.nowMs() - this.gapSinceMs;
    if (gapMs > GAP_MS_MAX) this.giveGapUp();
    else void this.ping(); // Answers null at worst; its pong is what proves the connection alive.
  }

  private handlePong(pong: Pong): void {
    const roundTripMs = this.clock.nowMs() - pong.t;
    if (!this.settlePing(pong.t, roundTripMs)) return; // Not ours, or too late to mean anything.
    this.roundTripMs = roundTripMs;
    if (roundTripMs < this.serverAhead.roundTripMs) {
      const serverNow = Date.parse(pong.server_time) + roundTripMs / 2;
      this.serverAhead = { ms: serverNow - this.clock.unixMs(), roundTripMs };
    }
    this.options.onRoundTrip?.(roundTripMs);
  }

  private settlePing(sentAtMs: number, ms: number | null): boolean {
    const settle = this.pings.get(sentAtMs);
    this.pings.delete(sentAtMs);
    settle?.(ms);
    return settle !== undefined;
  }

  private async refreshToken(): Promise<void> {
    if (!this.options.tokenProvider) return; // Then the server closes with 4002, and the next attempt decides.
    try {
      this.send("auth_refresh", { token: await this.token("refresh") });
    } catch (error) {
      this.options.onUndecodable?.(`no token to refresh with: ${String(error)}`);
    }
  }

  private handleDown(down: Down): void {
    for (const sentAtMs of [...this.pings.keys()]) this.settlePing(sentAtMs, null);
    this.options.onDown?.(down);
  }

  private input<Type extends "position_update" | "combat_action">(type: Type, data: ClientData[Type]): number | null {
    if (!this.send(type, data, this.inputCount + 1)) return null;
    this.inputCount += 1;
    return this.inputCount;
  }

  private send<Type extends ClientMessageType>(type: Type, data: ClientData[Type], seq = 0): boolean {
    const message = { type, data, seq, timestampMs: this.clock.unixMs() } as ClientMessage;
    return this.link.send(encode(message, this.format));
  }
}
