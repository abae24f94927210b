/**
 * Viewer: one raw socket of a player or a spectator, in either format, that keeps everything it was shown.
 * In:  an address and a token.   Out: all messages in order, what the SDK's view makes of them, and the close.
 * Law: it does nothing by itself: no reconnect, no resume, no heartbeat; a test says every word that is sent.
 * Not here: who plays whom (match.ts).
 */
import { once } from "node:events";
import { WebSocket } from "ws";
import {
  type ActionResult,
  type Camera,
  type CombatEvent,
  Decoder,
  encode,
  type ServerMessage,
  type SessionState,
  SessionView,
  type WireFormat,
} from "#client/index.ts";
import type { ClientData, ClientMessage, ClientMessageType, Pong } from "#client/messages.ts";

const WAIT_MS_MAX = 8_000;
const SHOWN_ON_FAILURE = 6;

type Closed = { readonly code: number; readonly reason: string };

export type ViewerAddress = {
  /** http://… of the gateway. */
  readonly url: string;
  readonly sessionId: string;
  readonly token: string;
  readonly format: WireFormat;
  readonly spectate?: boolean;
  /** Further parameters of the handshake. */
  readonly query?: { readonly [name: string]: string };
};

export class Viewer {
  /** Everything shown on this socket, in order. */
  readonly messages: ServerMessage[] = [];
  readonly view = new SessionView();
  readonly closed: Promise<Closed>;
  closedNow: Closed | null = null;
  inputCount: number;
  private readonly socket: WebSocket;
  private readonly format: WireFormat;
  private readonly decoder: Decoder;
  private readonly checks = new Set<() => void>();

  /** `before`: the same player's socket that broke; who sits where and the numbers of inputs go on from it. */
  private constructor(socket: WebSocket, address: ViewerAddress, before: Viewer | null) {
    this.socket = socket;
    this.format = address.format;
    this.decoder = before?.decoder ?? new Decoder(address.sessionId);
    this.inputCount = before?.inputCount ?? 0;
    socket.on("message", (data: Buffer, isBinary: boolean) => this.take(isBinary ? data : String(data)));
    this.closed = once(socket, "close").then(([code, reason]) => {
      this.closedNow = { code, reason: String(reason) };
      this.recheck();
      return this.closedNow;
    });
  }

  /** Resolves when the handshake is through; rejects with its HTTP status when it is refused. */
  static async open(address: ViewerAddress, before: Viewer | null = null): Promise<Viewer> {
    const socket = new WebSocket(socketUrl(address), [`combat.v1.${address.format}`]);
    const viewer = new Viewer(socket, address, before); // Listens from the start: nothing that comes early is missed.
    await once(socket, "open");
    return viewer;
  }

  get events(): CombatEvent[] {
    return this.messages.filter((message) => message.type === "combat_event");
  }

  get states(): SessionState[] {
    return this.messages.filter((message) => message.type === "session_state");
  }

  get cameras(): Camera[] {
    return this.messages.filter((message) => message.type === "camera");
  }

  /** Says something that is not numbered, or is numbered by the caller. */
  send<Type extends ClientMessageType>(type: Type, data: ClientData[Type], seq = 0): void {
    this.socket.send(encode({ type, data, seq, timestampMs: Date.now() } as ClientMessage, this.format));
  }

  /** Sends the next numbered input; answers its number. */
  input<Type extends "position_update" | "combat_action">(type: Type, data: ClientData[Type]): number {
    this.inputCount += 1;
    this.send(type, data, this.inputCount);
    return this.inputCount;
  }

  /** Waits until `find` finds something, looking again whenever this viewer is shown something. */
  until<T>(what: string, find: () => T | undefined | null | false, msMax = WAIT_MS_MAX): Promise<T> {
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        this.checks.delete(check);
      };
      const check = () => {
        const found = find();
        if (found === undefined || found === null || found === false) return;
        end();
        resolve(found);
      };
      const timer = setTimeout(() => {
        end();
        const shown = JSON.stringify(this.messages.slice(-SHOWN_ON_FAILURE)).slice(0, 2_000);
        reject(new Error(`not within ${msMax} ms: ${what}; closed: ${JSON.stringify(this.closedNow)}; last: ${shown}`));
      }, msMax);
      this.checks.add(check);
      check();
    });
  }

  event(name: CombatEvent["event"], matches: (event: CombatEvent) => boolean = () => true): Promise<CombatEvent> {
    return this.until(name, () => this.events.find((event) => event.event === name && matches(event)));
  }

  answer(seq: number): Promise<ActionResult> {
    return this.until(`the answer to input ${seq}`, () =>
      this.messages.find((message) => message.type === "action_result" && message.seq === seq),
    ) as Promise<ActionResult>;
  }

  /** Waits until everything that was on its way when this was asked has come; answers the tick it was at. */
  async flush(): Promise<number> {
    const t = performance.now();
    this.send("ping", { t });
    const isOurs = (message: ServerMessage) => message.type === "pong" && message.t === t;
    const pong = (await this.until("a pong", () => this.messages.findLast(isOurs))) as Pong;
    return pong.tick;
  }

  /** Breaks the connection off, as a network does. */
  async terminate(): Promise<void> {
    this.socket.terminate();
    await this.closed;
  }

  private take(frame: string | Buffer): void {
    const decoded = this.decoder.decode(frame);
    if (!decoded.ok) throw new Error(`a frame that the SDK cannot read: ${decoded.detail}`);
    this.messages.push(decoded.message);
    this.view.handleMessage(decoded.message);
    this.recheck();
  }

  private recheck(): void {
    for (const check of [...this.checks]) check();
  }
}

type HandshakeRefusal = { readonly status: number; readonly error: string };

/** Expects the handshake to be refused. */
export function refusedHandshake(address: ViewerAddress): Promise<HandshakeRefusal> {
  const socket = new WebSocket(socketUrl(address), [`combat.v1.${address.format}`]);
  return new Promise((resolve, reject) => {
    socket.on("open", () => {
      socket.terminate();
      reject(new Error("the handshake was accepted"));
    });
    socket.on("error", reject);
    socket.on("unexpected-response", (_request, response) => {
      let body = "";
      response.on("data", (chunk) => {
        body += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, error: JSON.parse(body).error }));
    });
  });
}

function socketUrl({ url, sessionId, token, spectate = false, query = {} }: ViewerAddress): string {
  const address = new URL(`${url.replace(/^http/, "ws")}/ws/sessions/${sessionId}${spectate ? "/spectate" : ""}`);
  address.searchParams.set("token", token);
  address.searchParams.set("client_version", "1.0.0");
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
  return address.href;
}
