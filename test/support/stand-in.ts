/**
 * Stand-in: one of the game's other services, as far as its contract goes, on a real gRPC port of this process.
 * In:  a service's descriptor and what each of its methods answers.   Out: where it listens, and every call it got.
 * Law: it can be slow, fail, or be gone like a service that was killed; then it may come back on the same port.
 */
import type { DescService, Message, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
  type status,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { trustedDefinition } from "#combat/rpc/grpc-definition.ts";

/** What each method answers, from its request. */
export type Replies<Service extends DescService> = {
  [Name in keyof Service["method"]]: (
    request: MessageShape<Service["method"][Name]["input"]>,
  ) => MessageInitShape<Service["method"][Name]["output"]>;
};

type Untyped = { readonly [name: string]: (request: Message) => Record<string, unknown> };

export type StandIn<Service extends DescService> = {
  /** host:port. */
  readonly target: string;
  readonly replies: Replies<Service>;
  /** In order of arrival. */
  readonly calls: readonly { readonly method: string; readonly request: Message; readonly authorization: string }[];
  /** How long an answer takes. */
  delayMs: number;
  /** Answers with this error instead. */
  failure: status | null;
  /** Gone at once, with every connection and call. */
  kill(): void;
  /** Back on the same port. */
  revive(): Promise<void>;
};

export async function startStandIn<Service extends DescService>(
  service: Service,
  replies: Replies<Service>,
): Promise<StandIn<Service>> {
  const calls: { method: string; request: Message; authorization: string }[] = [];
  let port = 0;
  let server: Server | null = null;
  const standIn = {
    get target() {
      return `127.0.0.1:${port}`;
    },
    replies: { ...replies },
    calls,
    delayMs: 0,
    failure: null as status | null,
    kill() {
      server?.forceShutdown();
      server = null;
    },
    async revive() {
      server = new Server();
      server.addService(trustedDefinition(service), implementation());
      port = await bind(server, `127.0.0.1:${port}`);
    },
  };

  function implementation(): UntypedServiceImplementation {
    const entries = service.methods.map((method) => {
      const answer = (call: ServerUnaryCall<Message, Message>, done: sendUnaryData<Message>) => {
        const authorization = String(call.metadata.get("authorization")[0] ?? "");
        calls.push({ method: method.name, request: call.request, authorization });
        setTimeout(() => {
          if (standIn.failure !== null) return done({ code: standIn.failure, details: "as the test wants it" });
          const reply = (standIn.replies as unknown as Untyped)[method.localName]!;
          done(null, create(method.output, reply(call.request)));
        }, standIn.delayMs);
      };
      return [method.localName, answer] as const;
    });
    return Object.fromEntries(entries);
  }

  await standIn.revive();
  return standIn as StandIn<Service>;
}

function bind(server: Server, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, port) => {
      if (error) reject(error);
      else resolve(port);
    });
  });
}
