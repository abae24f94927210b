/**
 * Service client: asks one of the game's other services over gRPC.
 * In:  a method of its contract and a request.   Out: an Answer; whatever goes wrong is a reason, never a throw.
 * Law: a call takes RELATED_CALL_MS_MAX at most, RELATED_CALLS_MAX are under way, nothing is asked twice, and none is
 *      made while the breaker is open. Calls carry combat's own token, never a player's.
 * Not here: what is asked and what an answer means (the -grpc files), what holds without an answer (the -local ones).
 */
import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { Client, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import type { Clock } from "#kit/clock.ts";
import type { Log } from "#kit/log.ts";
import { type Answer, answered, unanswered, WHY_NOT, type WhyNot } from "./answer.ts";
import { Breaker, type BreakerState, type Permit } from "./breaker.ts";
import {
  RELATED_ANSWER_BYTES_MAX,
  RELATED_CALL_MS_MAX,
  RELATED_CALLS_MAX,
  RELATED_KEEPALIVE_ANSWER_MS_MAX,
  RELATED_KEEPALIVE_MS,
  RELATED_RECONNECT_MS,
} from "./limits.ts";
import { type RareLog, rareLog } from "./rare-log.ts";

/** The service works and says no to what was asked: its other callers must not miss it for that. */
const SAYS_NO: ReadonlySet<unknown> = new Set([
  status.NOT_FOUND,
  status.INVALID_ARGUMENT,
  status.PERMISSION_DENIED,
  status.FAILED_PRECONDITION,
]);

export type ServiceClientParts = {
  /** For logs and metrics: damage, abilities, player, matchmaking. */
  readonly name: string;
  readonly target: string;
  /** Combat's own token for the game's other services. */
  readonly token: () => Promise<string>;
  readonly clock: Clock;
  readonly log: Log;
};

export class ServiceClient {
  readonly name: string;
  /** Calls by how they ended; `answered` besides the reasons. */
  readonly counts: Record<"answered" | WhyNot, number>;
  private readonly parts: ServiceClientParts;
  private readonly client: Client;
  private readonly breaker = new Breaker();
  private readonly warn: RareLog;
  private underwayCount = 0;

  constructor(parts: ServiceClientParts) {
    this.parts = parts;
    this.name = parts.name;
    this.warn = rareLog(parts.log, parts.clock);
    const none = Object.fromEntries(WHY_NOT.map((why) => [why, 0])) as Record<WhyNot, number>;
    this.counts = { answered: 0, ...none };
    this.client = new Client(parts.target, credentials.createInsecure(), {
      "grpc.initial_reconnect_backoff_ms": RELATED_RECONNECT_MS.first,
      "grpc.max_reconnect_backoff_ms": RELATED_RECONNECT_MS.longest,
      "grpc.keepalive_time_ms": RELATED_KEEPALIVE_MS,
      "grpc.keepalive_timeout_ms": RELATED_KEEPALIVE_ANSWER_MS_MAX,
      "grpc.max_receive_message_length": RELATED_ANSWER_BYTES_MAX,
    });
    // Connects and signs now, so that the first call need not; what fails of it is told by the call that needs it.
    this.client.getChannel().getConnectivityState(true);
    parts.token().catch(() => {});
  }

  get breakerState(): BreakerState {
    return this.breaker.state(this.parts.clock.nowMs());
  }

  /** `read` makes an answer of the message, or null of one that the contract does not allow. */
  async ask<Input extends DescMessage, Output extends DescMessage, T>(
    method: DescMethodUnary<Input, Output>,
    request: MessageInitShape<Input>,
    read: (message: MessageShape<Output>) => T | null,
  ): Promise<Answer<T>> {
    const permit = this.underwayCount < RELATED_CALLS_MAX ? this.breaker.permit(this.parts.clock.nowMs()) : null;
    if (permit === null) return this.count(this.underwayCount < RELATED_CALLS_MAX ? "open" : "crowded");
    const deadline = Date.now() + RELATED_CALL_MS_MAX; // grpc-js takes the wall clock's time, nothing else.
    this.underwayCount += 1;
    try {
      const message = await this.call(method, create(method.input, request) as MessageShape<Input>, deadline);
      const value = read(message);
      if (value === null) this.warn({ service: this.name, method: method.name }, "an answer outside of the contract");
      return this.handleEnd(permit, value === null ? unanswered("nonsense") : answered(value));
    } catch (error) {
      const code = (error as Partial<ServiceError>).code;
      this.warn({ service: this.name, method: method.name, error }, `${this.name} service gave no answer`);
      const why = code === status.DEADLINE_EXCEEDED ? "late" : "failed";
      return this.handleEnd(permit, unanswered(why), !SAYS_NO.has(code));
    } finally {
      this.underwayCount -= 1;
    }
  }

  close(): void {
    this.client.close();
  }

  private async call<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodUnary<Input, Output>,
    request: MessageShape<Input>,
    deadline: number,
  ): Promise<MessageShape<Output>> {
    const metadata = new Metadata();
    metadata.set("authorization", `Bearer ${await this.parts.token()}`);
    const path = `/${method.parent.typeName}/${method.name}`;
    const encode = (message: MessageShape<Input>) => Buffer.from(toBinary(method.input, message));
    const decode = (bytes: Buffer): MessageShape<Output> => fromBinary(method.output, bytes);
    return new Promise((resolve, reject) => {
      this.client.makeUnaryRequest(path, encode, decode, request, metadata, { deadline }, (error, answer) => {
        if (answer === undefined) reject(error ?? new Error("neither an answer nor an error"));
        else resolve(answer);
      });
    });
  }

  /** `failed`: as the breaker counts it. */
  private handleEnd<T>(permit: Permit, answer: Answer<T>, failed = !answer.ok): Answer<T> {
    const nowMs = this.parts.clock.nowMs();
    if (this.breaker.handleEnd(permit, failed, nowMs)) {
      const fields = { service: this.name, breaker: this.breaker.state(nowMs) };
      if (answer.ok || !failed) this.parts.log.info(fields, "the service answers again and is asked");
      else this.parts.log.warn({ ...fields, why: answer.why }, "the service is left alone; the local rule decides");
    }
    if (!answer.ok) return this.count(answer.why);
    this.counts.answered += 1;
    return answer;
  }

  private count(why: WhyNot): { readonly ok: false; readonly why: WhyNot } {
    this.counts[why] += 1;
    return unanswered(why);
  }
}
