/** Socket client: a `ws` client for tests; what comes is awaited, and so is the close or the HTTP refusal. */
import { WebSocket } from "ws";
import { Mailbox } from "./mailbox.ts";

export type Closed = { readonly code: number; readonly reason: Record<string, unknown> };
export type Refusal = {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: { error: string; message: string; details: Record<string, unknown> };
};
export type JsonMessage = Record<string, unknown> & { type: string };

export type ClientOptions = {
  readonly protocols?: string[];
  readonly headers?: Record<string, string>;
  readonly autoPong?: boolean;
};

export class SocketClient {
  readonly webSocket: WebSocket;
  readonly texts = new Mailbox<JsonMessage>("texts");
  readonly binaries = new Mailbox<Buffer>("binaries");
  readonly pings = new Mailbox<Buffer>("pings");
  readonly pongs = new Mailbox<Buffer>("pongs");
  readonly closed: Promise<Closed>;

  constructor(webSocket: WebSocket) {
    this.webSocket = webSocket;
    webSocket.on("message", (data, isBinary) => {
      if (isBinary) this.binaries.put(data as Buffer);
      else this.texts.put(JSON.parse(String(data)));
    });
    webSocket.on("ping", (payload) => this.pings.put(payload));
    webSocket.on("pong", (payload) => this.pongs.put(payload));
    this.closed = new Promise((resolve) => {
      webSocket.on("close", (code, reason) => resolve({ code, reason: readReason(String(reason)) }));
    });
  }

  send(message: unknown): void {
    this.webSocket.send(typeof message === "string" || Buffer.isBuffer(message) ? message : JSON.stringify(message));
  }

  /** The next message of this type. */
  next(type: string): Promise<JsonMessage> {
    return this.texts.take((message) => message.type === type);
  }

  close(): Promise<Closed> {
    this.webSocket.close();
    return this.closed;
  }
}

/** Text of a close may be empty when the peer closed. */
function readReason(text: string): Record<string, unknown> {
  return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
}

export function connectSocket(url: string, options: ClientOptions = {}): Promise<SocketClient> {
  const { webSocket, ...outcome } = open(url, options);
  const client = new SocketClient(webSocket);
  return new Promise((resolve, reject) => {
    webSocket.on("open", () => resolve(client));
    outcome.refused.then((refusal) => reject(new Error(`refused: ${JSON.stringify(refusal)}`)), reject);
  });
}

/** Expects the handshake to be refused. */
export function refusedSocket(url: string, options: ClientOptions = {}): Promise<Refusal> {
  const { webSocket, refused } = open(url, options);
  return new Promise((resolve, reject) => {
    webSocket.on("open", () => reject(new Error("the handshake was accepted")));
    refused.then(resolve, reject);
  });
}

function open(url: string, { protocols = [], headers = {}, autoPong = true }: ClientOptions) {
  const webSocket = new WebSocket(url, protocols, { headers, autoPong });
  const refused = new Promise<Refusal>((resolve, reject) => {
    webSocket.on("unexpected-response", (_request, response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: JSON.parse(text) }),
      );
    });
    webSocket.on("error", (error) => {
      if (webSocket.readyState === WebSocket.CONNECTING) reject(error);
    });
  });
  refused.catch(() => {}); // Whoever waits for it is told; nobody else needs to be.
  return { webSocket, refused };
}
