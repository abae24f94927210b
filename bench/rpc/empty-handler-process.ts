/**
 * Empty handler process: the least that a call can cost: grpc-js and node:http answering ready bytes, as many as the service.
 * In:  the answer of each gRPC path and of HTTP, as a message.   Out: the ports.
 * Not here: who calls, what they ask; nothing is read of it.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type MethodDefinition, Server, ServerCredentials } from "@grpc/grpc-js";

export type EmptyOrder = {
  /** By gRPC path, in base64. */
  readonly answers: { readonly [path: string]: string };
  /** Body of an HTTP answer, JSON. */
  readonly body: string;
};
export type EmptyAnswer = { readonly grpcPort: number; readonly httpPort: number };

const asIs = (bytes: Buffer) => bytes;

async function serve({ answers, body }: EmptyOrder): Promise<EmptyAnswer> {
  const server = new Server({ "grpc.enable_channelz": 0 });
  for (const [path, text] of Object.entries(answers)) {
    const answer = Buffer.from(text, "base64");
    const definition: MethodDefinition<Buffer, Buffer> = {
      ...{ path, requestStream: false, responseStream: false },
      ...{ requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs },
    };
    server.addService({ only: definition }, { only: (_call: unknown, answered: Answered) => answered(null, answer) });
  }
  const http = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
    response.end(body);
  });
  const grpcPort = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
      if (error) reject(error);
      else resolve(port);
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return { grpcPort, httpPort: (http.address() as AddressInfo).port };
}

type Answered = (error: null, answer: Buffer) => void;

process.on("disconnect", () => process.exit(0));
process.once("message", (order: EmptyOrder) => void serve(order).then((ports) => process.send?.(ports)));
