/**
 * gRPC definition: what grpc-js needs to know of a service, from the generated descriptor.
 * Law: decoding never throws. grpc-js answers a decoder's exception with a bare INTERNAL; a request that is too
 *      large or not protobuf is the caller's fault and is told so, by whoever reads the Decoded request.
 */
import {
  type DescMessage,
  type DescMethod,
  type DescService,
  fromBinary,
  type Message,
  toBinary,
} from "@bufbuild/protobuf";
import type { MethodDefinition } from "@grpc/grpc-js";
import { no, ok, ProblemError, problem, type Result } from "#wire/problem.ts";
import { REQUEST_BYTES_MAX } from "./limits.ts";

export type Decoded = Result<Message>;

/** A definition whose requests arrive as Decoded, with the size and shape of callers checked. */
export function checkedDefinition(service: DescService): Record<string, MethodDefinition<Decoded, Message>> {
  return definitionOf(service, (schema) => (bytes) => decode(schema, bytes));
}

/** A definition for our own peers, whose messages arrive as they are; junk ends the call. */
export function trustedDefinition(service: DescService): Record<string, MethodDefinition<Message, Message>> {
  return definitionOf(service, (schema) => (bytes) => fromBinary(schema, bytes));
}

function definitionOf<Request>(
  service: DescService,
  decoder: (schema: DescMessage) => (bytes: Buffer) => Request,
): Record<string, MethodDefinition<Request, Message>> {
  const definition: Record<string, MethodDefinition<Request, Message>> = {};
  for (const method of service.methods) {
    definition[method.localName] = {
      path: pathOf(method),
      requestStream: method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming",
      responseStream: method.methodKind === "server_streaming" || method.methodKind === "bidi_streaming",
      requestDeserialize: decoder(method.input),
      responseSerialize: encoder(method.output),
      // The client's half is part of grpc-js's type; a server never uses it.
      requestSerialize: () => Buffer.alloc(0),
      responseDeserialize: (bytes) => fromBinary(method.output, bytes),
    };
  }
  return definition;
}

export function pathOf(method: DescMethod): string {
  return `/${method.parent.typeName}/${method.name}`;
}

function encoder(schema: DescMessage): (message: Message) => Buffer {
  return (message) => {
    const bytes = toBinary(schema, message);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength); // The same memory: no copy.
  };
}

function decode(schema: DescMessage, bytes: Buffer): Decoded {
  if (bytes.length > REQUEST_BYTES_MAX) return no(tooLarge(bytes.length));
  try {
    return ok(fromBinary(schema, bytes));
  } catch {
    return no(problem("INVALID_ARGUMENT", `the request is not a ${schema.typeName}`, { allowed: schema.typeName }));
  }
}

export function tooLarge(bytes: number) {
  return problem("PAYLOAD_TOO_LARGE", `a request has at most ${REQUEST_BYTES_MAX} bytes`, {
    got: bytes,
    allowed: REQUEST_BYTES_MAX,
  });
}

export function unwrapDecoded<Request extends Message>(decoded: Decoded): Request {
  if (!decoded.ok) throw new ProblemError(decoded.problem);
  return decoded.value as Request; // The definition decoded it with this method's own schema.
}
