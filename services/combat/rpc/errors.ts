/**
 * Errors: whatever a call threw, as a problem; and a problem as each protocol says it.
 * Law: a ProblemError is told as it is, a store that is away as UNAVAILABLE with a hint when to come back, anything
 *      else as INTERNAL with an id that stands in the log beside what really happened. Internals never leave.
 *      Every refusal carries an ErrorDetail: in `grpc-status-details-bin`, or among a Connect error's details.
 */
import { randomUUID } from "node:crypto";
import { create, type JsonObject, toBinary } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { type Code, ConnectError } from "@connectrpc/connect";
import { Metadata, type StatusObject } from "@grpc/grpc-js";
import { StatusSchema } from "#gen/google/rpc/status_pb.js";
import { type ErrorDetail, ErrorDetailSchema } from "#gen/necpgame/combat/v1/error_pb.js";
import type { Log } from "#kit/log.ts";
import { type Problem, ProblemError, problem, REASONS } from "#wire/problem.ts";
import { StoreUnavailable } from "../stores/session-store.ts";
import { UNAVAILABLE_RETRY_MS } from "./limits.ts";

/** Where an error happened, for the log. */
export type ErrorPlace = { readonly log: Log; readonly method: string };

export function problemOf(error: unknown, { log, method }: ErrorPlace): Problem {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof StoreUnavailable) {
    log.warn({ error, method }, "a store was away");
    return problem("UNAVAILABLE", "session records cannot be reached just now; try again", {
      retry_after_ms: UNAVAILABLE_RETRY_MS,
    });
  }
  const id = randomUUID();
  log.error({ error, method, id }, "call failed");
  return problem("INTERNAL", `something went wrong here; the log has it under ${id}`, { id });
}

export function errorDetailOf({ error, message, details }: Problem): ErrorDetail {
  return create(ErrorDetailSchema, { error, message: wellFormed(message), details: details as JsonObject });
}

/** As grpc-js takes it, for a callback, a stream's `error` event or an interceptor. */
export function grpcStatusOf(cause: Problem): StatusObject {
  const code = REASONS[cause.error].grpc;
  const message = wellFormed(cause.message);
  const status = create(StatusSchema, { code, message, details: [anyPack(ErrorDetailSchema, errorDetailOf(cause))] });
  const metadata = new Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from(toBinary(StatusSchema, status)));
  return { code, details: message, metadata };
}

export function connectErrorOf(cause: Problem): ConnectError {
  const code: Code = REASONS[cause.error].grpc; // Connect numbers its codes as gRPC does.
  return new ConnectError(wellFormed(cause.message), code, undefined, [
    { desc: ErrorDetailSchema, value: errorDetailOf(cause) },
  ]);
}

/** A header cannot carry half a surrogate pair: grpc-js throws on it. */
function wellFormed(message: string): string {
  return message.toWellFormed();
}
