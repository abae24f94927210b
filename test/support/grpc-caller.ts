/**
 * gRPC caller: a grpc-js client of CombatSessionService as another service would have it, for any method.
 * In:  host:port of combat's gRPC.   Out: answers, streams as async iterables, refusals with their ErrorDetail.
 */
import {
  create,
  type DescMessage,
  type DescMethod,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import { StatusSchema } from "#gen/google/rpc/status_pb.js";
import { type ErrorDetail, ErrorDetailSchema } from "#gen/necpgame/combat/v1/error_pb.js";
import type { ServerMessage, ServerMessageSchema } from "#gen/necpgame/combat/v1/realtime_pb.js";
import {
  CombatSessionService,
  type PlayRequest,
  type WatchSessionRequestSchema,
} from "#gen/necpgame/combat/v1/session_service_pb.js";

const CALL_MS_MAX = 10_000;

export class GrpcCaller {
  private readonly client: Client;

  constructor(target: string) {
    this.client = new Client(target, credentials.createInsecure());
  }

  call<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodUnary<Input, Output>,
    request: MessageInitShape<Input>,
    token: string | null,
  ): Promise<MessageShape<Output>> {
    const { path, encode, decode } = wireOf(method);
    const message = create(method.input, request) as MessageShape<Input>;
    return new Promise((resolve, reject) => {
      const options = { deadline: Date.now() + CALL_MS_MAX };
      this.client.makeUnaryRequest(path, encode, decode, message, metadataOf(token), options, (error, answer) => {
        if (answer === undefined) reject(error);
        else resolve(answer);
      });
    });
  }

  /** Bytes as they are for a request of this method; a good answer is thrown away. */
  callRaw(method: DescMethodUnary, bytes: Uint8Array, token: string | null): Promise<void> {
    const { path } = wireOf(method);
    const asIs = (given: Buffer) => given;
    return new Promise((resolve, reject) => {
      const options = { deadline: Date.now() + CALL_MS_MAX };
      this.client.makeUnaryRequest(path, asIs, asIs, Buffer.from(bytes), metadataOf(token), options, (error) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  }

  async *watch(request: MessageInitShape<typeof WatchSessionRequestSchema>, token: string) {
    const { path, encode, decode } = wireOf(CombatSessionService.method.watchSession);
    const message = create(CombatSessionService.method.watchSession.input, request);
    const call = this.client.makeServerStreamRequest(path, encode, decode, message, metadataOf(token));
    yield* readAll(call);
  }

  async *play(requests: AsyncIterable<PlayRequest>, token: string) {
    const { path, encode, decode } = wireOf(CombatSessionService.method.play);
    const call = this.client.makeBidiStreamRequest(path, encode, decode, metadataOf(token));
    const written = (async () => {
      for await (const request of requests) call.write(request);
      call.end();
    })();
    written.catch((error: Error) => call.destroy(error));
    yield* readAll(call);
  }

  close(): void {
    this.client.close();
  }
}

type ReadableCall = AsyncIterable<MessageShape<typeof ServerMessageSchema>> & {
  cancel(): void;
  on(event: "error", listener: (error: Error) => void): unknown;
};

/** Whoever stops reading cancels the call. */
async function* readAll(call: ReadableCall): AsyncGenerator<ServerMessage> {
  call.on("error", () => {}); // The loop throws what happens in it; what comes after is our own cancelling.
  try {
    yield* call;
  } finally {
    call.cancel();
  }
}

function wireOf<Input extends DescMessage, Output extends DescMessage>(
  method: DescMethod & { readonly input: Input; readonly output: Output },
) {
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    encode: (message: MessageShape<Input>) => Buffer.from(toBinary(method.input, message)),
    decode: (bytes: Buffer): MessageShape<Output> => fromBinary(method.output, bytes),
  };
}

function metadataOf(token: string | null): Metadata {
  const metadata = new Metadata();
  if (token !== null) metadata.set("authorization", `Bearer ${token}`);
  return metadata;
}

/** Code and ErrorDetail of a refused call. Throws what is no refusal of ours. */
export function grpcRefusalOf(error: unknown): { code: number; detail: ErrorDetail } {
  const { code, metadata } = error as ServiceError;
  const [encoded] = metadata?.get("grpc-status-details-bin") ?? [];
  if (!Buffer.isBuffer(encoded)) throw error;
  for (const any of fromBinary(StatusSchema, encoded).details) {
    const detail = anyUnpack(any, ErrorDetailSchema);
    if (detail !== undefined) return { code, detail };
  }
  throw error;
}
