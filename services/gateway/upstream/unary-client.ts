/**
 * Unary client: one call to combat over gRPC, for any unary method of a descriptor.
 * In:  method, request message, the caller's Authorization.   Out: the answer, or the problem that combat gave.
 * Law: every call has a deadline; calls in flight are capped; nothing is retried here, since only the caller knows
 *      whether it gave an idempotency key. Problems come from ErrorDetail; without one the gRPC code decides.
 * Not here: the Relay stream (relay-client.ts).
 */
import {
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  type Message,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { anyUnpack } from "@bufbuild/protobuf/wkt";
import { Client, connectivityState, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { StatusSchema } from "#gen/google/rpc/status_pb.js";
import { ErrorDetailSchema } from "#gen/necpgame/combat/v1/error_pb.js";
import {
  no,
  ok,
  type Problem,
  type ProblemDetails,
  problem,
  REASONS,
  type Reason,
  type Result,
} from "#wire/problem.ts";
import {
  BODY_BYTES_MAX,
  HEALTH_MS_MAX,
  UNAVAILABLE_RETRY_AFTER_MS,
  UPSTREAM_ANSWER_BYTES_MAX,
  UPSTREAM_CALLS_MAX,
  UPSTREAM_KEEPALIVE_MS,
  UPSTREAM_KEEPALIVE_MS_MAX,
  UPSTREAM_RETRY_MS,
} from "../limits.ts";

export type UnaryClientOptions = { readonly target: string; readonly deadlineMs: number };

export type CallOptions = {
  /** The header as it goes upstream: `Bearer <jwt>`. */
  readonly authorization: string;
  /** The caller's own patience, if shorter than the gateway's. */
  readonly timeoutMs?: number | undefined;
};

export type UnaryClient = {
  call<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodUnary<Input, Output>,
    request: MessageShape<Input>,
    options: CallOptions,
  ): Promise<Result<MessageShape<Output>>>;
  /** False while connecting fails. */
  isReachable(): boolean;
  /** Whether combat says that it serves. */
  isServing(): Promise<boolean>;
  close(): void;
};

export function createUnaryClient({ target, deadlineMs }: UnaryClientOptions): UnaryClient {
  const client = new Client(target, credentials.createInsecure(), {
    "grpc.keepalive_time_ms": UPSTREAM_KEEPALIVE_MS,
    "grpc.keepalive_timeout_ms": UPSTREAM_KEEPALIVE_MS_MAX,
    "grpc.keepalive_permit_without_calls": 1,
    "grpc.initial_reconnect_backoff_ms": UPSTREAM_RETRY_MS.first,
    "grpc.max_reconnect_backoff_ms": UPSTREAM_RETRY_MS.longest,
    "grpc.max_send_message_length": 2 * BODY_BYTES_MAX, // Protobuf is hardly ever longer than the JSON it came from.
    "grpc.max_receive_message_length": UPSTREAM_ANSWER_BYTES_MAX,
  });
  let inFlightCount = 0;

  function request(path: string, bytes: Buffer, metadata: Metadata, timeoutMs: number): Promise<Result<Buffer>> {
    return new Promise((resolve) => {
      inFlightCount++;
      const options = { deadline: Date.now() + timeoutMs }; // grpc-js takes the wall clock's time, nothing else.
      client.makeUnaryRequest(path, asIs, asIs, bytes, metadata, options, (error, answer) => {
        inFlightCount--;
        resolve(error ? no(problemOf(error)) : ok(answer ?? Buffer.alloc(0)));
      });
    });
  }

  return {
    async call(method, message, { authorization, timeoutMs = deadlineMs }) {
      if (inFlightCount >= UPSTREAM_CALLS_MAX) return no(unavailable("too many calls at once; try again"));
      const metadata = new Metadata();
      metadata.set("authorization", authorization);
      const path = `/${method.parent.typeName}/${method.name}`;
      const bytes = Buffer.from(toBinary(method.input, message as Message as MessageShape<typeof method.input>));
      const answer = await request(path, bytes, metadata, Math.min(timeoutMs, deadlineMs));
      return answer.ok ? ok(fromBinary(method.output, answer.value)) : answer;
    },
    isReachable: () => client.getChannel().getConnectivityState(false) !== connectivityState.TRANSIENT_FAILURE,
    async isServing() {
      const answer = await request(HEALTH_PATH, Buffer.alloc(0), new Metadata(), HEALTH_MS_MAX);
      return answer.ok && answer.value.equals(SERVING);
    },
    close: () => client.close(),
  };
}

function asIs(bytes: Buffer): Buffer {
  return bytes;
}

const HEALTH_PATH = "/grpc.health.v1.Health/Check";
const SERVING = Buffer.from([0x08, 0x01]); // HealthCheckResponse{status: SERVING}; the request is empty.

function unavailable(message: string): Problem {
  return problem("UNAVAILABLE", message, { retry_after_ms: UNAVAILABLE_RETRY_AFTER_MS });
}

/** The problem of a failed call: what combat said, else what its code means. */
export function problemOf(error: ServiceError): Problem {
  return detailOf(error) ?? problemOfCode(error.code, error.details);
}

function detailOf(error: ServiceError): Problem | null {
  const [encoded] = error.metadata?.get("grpc-status-details-bin") ?? [];
  if (!Buffer.isBuffer(encoded)) return null;
  try {
    for (const any of fromBinary(StatusSchema, encoded).details) {
      const detail = anyUnpack(any, ErrorDetailSchema);
      if (!detail || !Object.hasOwn(REASONS, detail.error)) continue;
      return problem(detail.error as Reason, detail.message, (detail.details ?? {}) as ProblemDetails);
    }
  } catch {
    return null; // Not what we write; the code still says what kind of "no" it is.
  }
  return null;
}

const REASON_BY_CODE: { readonly [code in status]: Reason | null } = {
  [status.OK]: null,
  [status.CANCELLED]: "UNAVAILABLE",
  [status.UNKNOWN]: "INTERNAL",
  [status.INVALID_ARGUMENT]: "INVALID_ARGUMENT",
  [status.DEADLINE_EXCEEDED]: "DEADLINE_EXCEEDED",
  [status.NOT_FOUND]: "NOT_FOUND",
  [status.ALREADY_EXISTS]: "ALREADY_JOINED",
  [status.PERMISSION_DENIED]: "FORBIDDEN",
  [status.RESOURCE_EXHAUSTED]: "RATE_LIMITED",
  [status.FAILED_PRECONDITION]: "INVALID_STATE_TRANSITION",
  [status.ABORTED]: "VERSION_CONFLICT",
  [status.OUT_OF_RANGE]: "INVALID_ARGUMENT",
  [status.UNIMPLEMENTED]: "UNAVAILABLE", // An older combat during a rollout: it will be there.
  [status.INTERNAL]: "INTERNAL",
  [status.UNAVAILABLE]: "UNAVAILABLE",
  [status.DATA_LOSS]: "INTERNAL",
  [status.UNAUTHENTICATED]: "UNAUTHENTICATED",
};

function problemOfCode(code: status, text: string): Problem {
  const reason = REASON_BY_CODE[code] ?? "INTERNAL";
  switch (reason) {
    case "UNAVAILABLE":
      return unavailable("the combat service cannot be reached just now; try again");
    case "DEADLINE_EXCEEDED":
      return problem(reason, "the combat service did not answer in time; whether it acted is unknown", {});
    case "INTERNAL":
      return problem(reason, "the combat service failed", { code: status[code] ?? String(code) });
    default:
      return problem(reason, text, { code: status[code] ?? String(code) });
  }
}
