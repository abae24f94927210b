/** A small server that speaks as the gateway does, with what it heard kept for the test to look at. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import type { WireFormat } from "#client/encode.ts";
import { decodeClientMessage } from "#gateway/codec/decode.ts";
import { publicServerMessage } from "#gateway/codec/encode.ts";
import { PLAYER_IDS, SESSION_ID, serverBytes, serverMessage } from "./messages-fixture.ts";

type Body = Parameters<typeof serverBytes>[1];

export class FakeGateway {
  readonly url: string;
  private readonly server: WebSocketServer;
  private readonly accepted: Peer[] = [];
  private waiting: ((peer: Peer) => void)[] = [];

  private constructor(server: WebSocketServer) {
    this.server = server;
    this.url = `http://localhost:${(server.address() as AddressInfo).port}`;
    server.on("connection", (socket, request) => {
      const peer = new Peer(socket, new URL(request.url ?? "", this.url));
      const waiter = this.waiting.shift();
      if (waiter) waiter(peer);
      else this.accepted.push(peer);
    });
  }

  static async start(): Promise<FakeGateway> {
    const server = new WebSocketServer({ port: 0, handleProtocols: (offered) => [...offered][0] ?? false });
    await once(server, "listening");
    return new FakeGateway(server);
  }

  /** The next connection that comes, or came and was not taken yet. */
  next(): Promise<Peer> {
    const peer = this.accepted.shift();
    return peer ? Promise.resolve(peer) : new Promise((resolve) => this.waiting.push(resolve));
  }

  async stop(): Promise<void> {
    for (const socket of this.server.clients) socket.terminate();
    this.server.close();
    await once(this.server, "close");
  }
}

export type Heard = { case: string | undefined; value: unknown; seq: number };

/** One connection, as the server has it. */
export class Peer {
  readonly socket: WebSocket;
  readonly url: URL;
  readonly format: WireFormat;
  private readonly heard: Heard[] = [];
  private waiting: ((heard: Heard) => void)[] = [];

  constructor(socket: WebSocket, url: URL) {
    this.socket = socket;
    this.url = url;
    this.format = socket.protocol === "combat.v1.json" ? "json" : "protobuf";
    socket.on("message", (data, binary) => this.take(data, binary));
  }

  say(frame: number, body: Body): void {
    const text = () =>
      JSON.stringify(publicServerMessage(serverMessage(frame, body), { sessionId: SESSION_ID, playerIds: PLAYER_IDS }));
    this.socket.send(this.format === "json" ? text() : serverBytes(frame, body));
  }

  /** The next message of this kind; others before it are passed over. */
  async hears(bodyCase: string): Promise<Heard> {
    for (;;) {
      const heard = this.heard.shift() ?? (await new Promise<Heard>((resolve) => this.waiting.push(resolve)));
      if (heard.case === bodyCase) return heard;
    }
  }

  private take(data: RawData, binary: boolean): void {
    const decoded = decodeClientMessage(this.format, { bytes: data as Buffer, binary });
    if (!decoded.ok) throw new Error(decoded.problem.message);
    const { body, seq } = decoded.value.message as { body: { case: string; value: unknown }; seq: number };
    const heard = { ...body, seq };
    const waiter = this.waiting.shift();
    if (waiter) waiter(heard);
    else this.heard.push(heard);
  }
}
