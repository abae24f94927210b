/**
 * Fake combat: a real grpc-js server that speaks RelayService as a combat instance does, and does what a test says.
 * By default it lets everybody in: attached, roster, session_state, enter.
 * Not here: a match; tests say what is broadcast.
 */
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { Server, ServerCredentials, type ServerDuplexStream, status } from "@grpc/grpc-js";
import { type ServerMessage, ServerMessageSchema } from "#gen/necpgame/combat/v1/realtime_pb.js";
import {
  type Attach,
  type Input,
  Lane,
  type RelayDownSchema,
  type RelayRequest,
  RelayRequestSchema,
  type RelayResponse,
  RelayResponseSchema,
  RelayService,
} from "#gen/necpgame/combat/v1/relay_service_pb.js";
import { Mailbox } from "./mailbox.ts";

export type DownItem = NonNullable<MessageInitShape<typeof RelayDownSchema>["item"]>;
export type ServerBody = NonNullable<MessageInitShape<typeof ServerMessageSchema>["body"]>;
type Stream = ServerDuplexStream<RelayRequest, RelayResponse>;

export const NOW_UNIX_MS = 1_750_000_000_000;

export function serverMessage(frame: number, body: ServerBody): Uint8Array {
  return toBinary(ServerMessageSchema, create(ServerMessageSchema, { frame, timestamp: NOW_UNIX_MS, body }));
}

export class FakeCombat {
  readonly attaches = new Mailbox<Attach>("attaches");
  readonly detaches = new Mailbox<number>("detaches");
  readonly progress = new Mailbox<number>("progress");
  readonly inputs = new Mailbox<Input>("inputs");
  /** Authorization of every stream that was opened. */
  readonly tokens: string[] = [];
  /** Items of every request, to see how they were batched. */
  readonly batchSizes: number[] = [];
  /** By slot. */
  playerIds: string[] = [];
  epoch = 1;
  frame = 10;
  /** What an attach is answered with. */
  onAttach: (attach: Attach) => DownItem[] = (attach) => this.welcome(attach);
  port = 0;
  private server = new Server();
  private readonly streams = new Set<Stream>();
  private readonly rooms = new Map<string, number>();

  get target(): string {
    return `127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    this.server = new Server();
    this.server.addService(
      {
        relay: {
          path: `/${RelayService.typeName}/Relay`,
          requestStream: true,
          responseStream: true,
          requestDeserialize: (bytes: Buffer) => fromBinary(RelayRequestSchema, bytes),
          responseSerialize: (message: RelayResponse) => Buffer.from(toBinary(RelayResponseSchema, message)),
          requestSerialize: (message: RelayRequest) => Buffer.from(toBinary(RelayRequestSchema, message)),
          responseDeserialize: (bytes: Buffer) => fromBinary(RelayResponseSchema, bytes),
        },
      },
      { relay: (stream: Stream) => this.receive(stream) },
    );
    this.port = await new Promise<number>((resolve, reject) => {
      this.server.bindAsync(`127.0.0.1:${this.port}`, ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(port),
      );
    });
  }

  /** Ends every stream with UNAVAILABLE; a new one may be opened at once. */
  breakStreams(): void {
    for (const stream of this.streams)
      stream.emit("error", { code: status.UNAVAILABLE, details: "broken by the test" });
    this.streams.clear();
    this.rooms.clear();
  }

  async stop(): Promise<void> {
    this.breakStreams();
    this.server.forceShutdown();
    await Promise.resolve();
  }

  send(...items: DownItem[]): void {
    const response = create(RelayResponseSchema, { items: items.map((item) => ({ item })) });
    for (const stream of this.streams) stream.write(response);
  }

  /** To everybody in the session. */
  broadcast(sessionId: string, body: ServerBody, lane: Lane = Lane.EVENT): number {
    this.frame += 1;
    this.send({
      case: "broadcast",
      value: { room: this.room(sessionId), lane, message: serverMessage(this.frame, body) },
    });
    return this.frame;
  }

  unicast(connection: number, body: ServerBody, lane: Lane = Lane.EVENT): void {
    this.send({ case: "unicast", value: { connection, lane, message: serverMessage(this.frame, body) } });
  }

  welcome({ connection, sessionId }: Attach): DownItem[] {
    const room = this.room(sessionId);
    const state: ServerBody = {
      case: "sessionState",
      value: {
        epoch: this.epoch,
        tickRateHz: 30,
        tick: 5,
        session: { id: sessionId },
        players: [{ slot: 0, health: 10_000 }],
      },
    };
    return [
      { case: "attached", value: { connection, room } },
      { case: "roster", value: { room, sessionId, playerIds: this.playerIds } },
      { case: "unicast", value: { connection, lane: Lane.EVENT, message: serverMessage(this.frame, state) } },
      { case: "enter", value: { connection, room } },
    ];
  }

  room(sessionId: string): number {
    const known = this.rooms.get(sessionId);
    if (known !== undefined) return known;
    const room = this.rooms.size + 1;
    this.rooms.set(sessionId, room);
    return room;
  }

  private receive(stream: Stream): void {
    this.tokens.push(String(stream.metadata.get("authorization")[0]));
    this.streams.add(stream);
    stream.on("error", () => this.streams.delete(stream));
    stream.on("end", () => {
      this.streams.delete(stream);
      stream.end();
    });
    stream.on("data", (request: RelayRequest) => {
      this.batchSizes.push(request.items.length);
      for (const { item } of request.items) {
        if (item.case === "attach") {
          this.attaches.put(item.value);
          this.send(...this.onAttach(item.value));
        } else if (item.case === "progress") this.progress.put(item.value.items);
        else if (item.case === "detach") this.detaches.put(item.value.connection);
        else if (item.case === "input") this.inputs.put(item.value);
      }
    });
  }
}

export async function startFakeCombat(): Promise<FakeCombat> {
  const combat = new FakeCombat();
  await combat.start();
  return combat;
}

export function parseServerMessage(bytes: Uint8Array): ServerMessage {
  return fromBinary(ServerMessageSchema, bytes);
}
