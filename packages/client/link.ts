/**
 * Link: one WebSocket at a time, opened again for as long as coming back makes sense.
 * In:  an address for each attempt, bytes to send.   Out: frames as they come, and how each connection ended.
 * Law: at most one socket lives; nothing of a given-up socket is heard any more. The close code decides whether to
 *      come back, back-off how soon; failures in a row are counted until a frame arrives, since an accepted
 *      handshake alone proves nothing.
 * Not here: what frames mean (decode.ts, view.ts).
 */
import type { Clock } from "#kit/clock.ts";
import { CLOSES, shouldReconnect } from "#wire/close-codes.ts";
import { type BackoffSettings, retryDelayMs, retryHintMs } from "./backoff.ts";
import { HANDSHAKE_MS_MAX, HEARTBEAT_MS, SEND_BUFFER_BYTES_MAX, SILENCE_MS_MAX } from "./limits.ts";

/** What the client needs of a WebSocket: Node's and the browsers' global one fits, and so does `ws`. */
export type WebSocketLike = {
  binaryType: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  onopen: unknown;
  onmessage: unknown;
  onclose: unknown;
  onerror: unknown;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
};

export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

/** How a connection ended. `retryInMs` null: the link does not come back. */
export type Down = { readonly code: number; readonly reason: string; readonly retryInMs: number | null };

export type LinkOptions = {
  readonly webSocket: WebSocketConstructor;
  readonly subprotocol: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly backoff: BackoffSettings;
  /** Failures in a row before the link stops. */
  readonly attemptsMax: number;
  /** Asked anew for each attempt; may fail, which counts as a failed attempt. */
  readonly address: () => Promise<string>;
  readonly onOpen: () => void;
  readonly onFrame: (frame: string | ArrayBuffer) => void;
  /** Every HEARTBEAT_MS of an open connection. */
  readonly onHeartbeat: () => void;
  readonly onDown: (down: Down) => void;
};

export type LinkState = "idle" | "connecting" | "open" | "waiting" | "closed";

const OPEN = 1; // readyState of the WebSocket standard.
const ABNORMAL = 1006; // What the standard reports for a connection that broke without a close frame.

export class Link {
  state: LinkState = "idle";
  private readonly options: LinkOptions;
  private socket: WebSocketLike | null = null;
  private failures = 0;
  private heardAtMs = 0;
  /** Of the state the link is in: handshake deadline, heartbeat, or the wait before the next attempt. */
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LinkOptions) {
    this.options = options;
  }

  open(): void {
    this.state = "connecting";
    const deadline = this.setTimer(() => this.down(ABNORMAL, "handshake timed out"), HANDSHAKE_MS_MAX);
    const stillWanted = () => this.state === "connecting" && this.timer === deadline;
    this.options.address().then(
      (url) => stillWanted() && this.dial(url),
      (error: unknown) => stillWanted() && this.down(ABNORMAL, `no token: ${String(error)}`),
    );
  }

  /** false: not connected, or the network does not keep up; the frame was not sent. */
  send(frame: string | Uint8Array<ArrayBuffer>): boolean {
    const { socket } = this;
    if (!socket || socket.readyState !== OPEN || socket.bufferedAmount > SEND_BUFFER_BYTES_MAX) return false;
    socket.send(frame);
    return true;
  }

  /** Ends it for good. */
  close(): void {
    if (this.state === "closed") return;
    this.letGo(CLOSES.done.code, "");
    this.finish({ code: CLOSES.done.code, reason: "closed by this client", retryInMs: null });
  }

  /** Gives this connection up and comes back. */
  reopen(why: string): void {
    if (this.state === "open") this.down(CLOSES.no_heartbeat.code, why);
  }

  private dial(url: string): void {
    let socket: WebSocketLike;
    try {
      socket = new this.options.webSocket(url, [this.options.subprotocol]);
    } catch (error) {
      this.finish({ code: ABNORMAL, reason: String(error), retryInMs: null }); // A URL that never works.
      return;
    }
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.opened();
    socket.onmessage = (event: { data: string | ArrayBuffer }) => this.heard(event.data);
    socket.onclose = (event: { code: number; reason: string }) => this.down(event.code, event.reason);
    socket.onerror = () => {}; // The close that follows says it; without a listener `ws` would throw.
  }

  private opened(): void {
    this.state = "open";
    this.heardAtMs = this.options.clock.nowMs();
    this.setTimer(() => this.beat(), HEARTBEAT_MS);
    this.options.onOpen();
  }

  private heard(frame: string | ArrayBuffer): void {
    this.heardAtMs = this.options.clock.nowMs();
    this.failures = 0;
    this.options.onFrame(frame);
  }

  private beat(): void {
    if (this.options.clock.nowMs() - this.heardAtMs > SILENCE_MS_MAX) {
      this.reopen("nothing heard");
      return;
    }
    this.setTimer(() => this.beat(), HEARTBEAT_MS);
    this.options.onHeartbeat();
  }

  private down(code: number, reason: string): void {
    this.letGo(code, reason);
    const { backoff, random, attemptsMax } = this.options;
    const comesBack = shouldReconnect(code) && this.failures < attemptsMax;
    if (!comesBack) {
      this.finish({ code, reason, retryInMs: null });
      return;
    }
    const retryInMs = retryDelayMs({ failures: this.failures, hintMs: retryHintMs(reason) }, backoff, random);
    this.failures += 1;
    this.state = "waiting";
    this.setTimer(() => this.open(), retryInMs);
    this.options.onDown({ code, reason, retryInMs });
  }

  private finish(down: Down): void {
    clearTimeout(this.timer);
    this.state = "closed";
    this.options.onDown(down);
  }

  /** Of a half-open socket the close event comes late or never, so it is not waited for. */
  private letGo(code: number, reason: string): void {
    const { socket } = this;
    this.socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    const ownCode = code === CLOSES.done.code || (code >= 4000 && code <= 4999); // The standard lets clients send no other.
    socket.close(ownCode ? code : CLOSES.done.code, ownCode ? reason : "");
  }

  private setTimer(run: () => void, delayMs: number): ReturnType<typeof setTimeout> {
    clearTimeout(this.timer);
    this.timer = setTimeout(run, delayMs);
    return this.timer;
  }
}
