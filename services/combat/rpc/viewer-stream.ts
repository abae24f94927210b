/**
 * Viewer stream: Play and WatchSession, for callers that want one session without a socket. One call, one viewer.
 * Law: the messages are those of a socket; a caller that reads too slowly is ended with RATE_LIMITED; the call ends
 * when the session does.
 */
import { fromBinary } from "@bufbuild/protobuf";
import { actsForOthers, type Principal } from "#auth/principal.ts";
import type { Resume } from "#gen/necpgame/combat/v1/realtime_pb.js";
import { type ServerMessage, ServerMessageSchema } from "#gen/necpgame/combat/v1/realtime_pb.js";
import type { PlayRequest } from "#gen/necpgame/combat/v1/session_service_pb.js";
import type { CloseReason } from "#wire/close-codes.ts";
import { type Problem, ProblemError, problem } from "#wire/problem.ts";
import { CALL_ITEMS_MAX } from "../limits.ts";
import type { Answers } from "../session/answers.ts";
import type { Frame, Outlet } from "../session/audience.ts";
import type { CameraRequest } from "../session/cameras.ts";
import type { Admitted, Door } from "../session/door.ts";
import type { SessionHost } from "../session/host.ts";
import * as access from "./access.ts";
import { endOf } from "./call-ends.ts";
import { attempt, cameraRequest, clientOrder, refusal, uuid } from "./decode.ts";
import { unwrap } from "./desk.ts";
import type { CallContext, SessionHandlers } from "./handlers.ts";

export type ViewerStreamParts = { host: SessionHost; door: Door; answers: Answers };

export function viewerStreams(parts: ViewerStreamParts): Pick<SessionHandlers, "play" | "watchSession"> {
  return {
    async *watchSession(request, context) {
      const camera = cameraRequest(request.cameraMode, request.followTarget);
      const call = await open(parts, context, { sessionId: request.sessionId, camera, resume: request.resume });
      yield* call.read(context.signal);
    },

    async *play(requests, context) {
      access.requirePlayer(context.principal);
      const inputs = requests[Symbol.asyncIterator]();
      const first = await inputs.next();
      const body = first.done ? undefined : first.value.body;
      if (body?.case !== "open") throw refusal("open", body?.case, "the first message of the stream");
      const call = await open(parts, context, { ...body.value, camera: null });
      call.feed(inputs);
      yield* call.read(context.signal);
    },
  };
}

type Opening = { sessionId: string; camera: CameraRequest | null; resume?: Resume | undefined };

async function open(parts: ViewerStreamParts, { principal }: CallContext, opening: Opening): Promise<ViewerCall> {
  uuid("session_id", opening.sessionId);
  access.requireScope(principal, opening.sessionId);
  const call = new ViewerCall(parts);
  await call.open(principal, opening);
  return call;
}

class ViewerCall implements Outlet {
  private queue: ServerMessage[] = [];
  private wake: (() => void) | null = null;
  private ended: Problem | "over" | null = null;
  private admitted: Admitted | null = null;
  private readonly parts: ViewerStreamParts;

  constructor(parts: ViewerStreamParts) {
    this.parts = parts;
  }

  async open({ playerId, roles }: Principal, { sessionId, camera, resume }: Opening): Promise<void> {
    const trusted = actsForOthers({ roles } as Principal);
    const cursor = resume === undefined ? null : { epoch: resume.epoch, frame: resume.frame };
    const request = { outlet: this, connection: 0, sessionId, playerId, trusted, ticket: null, resume: cursor, camera };
    this.admitted = unwrap(await this.parts.door.attach(request));
    const { hosted, viewer } = this.admitted;
    if (!viewer.awaitsResume) this.parts.host.enter(hosted, viewer);
  }

  /** Carries out what the caller sends, until it stops. */
  feed(inputs: AsyncIterator<PlayRequest>): void {
    const run = async () => {
      for (let next = await inputs.next(); !next.done; next = await inputs.next()) this.input(next.value);
    };
    // A broken request stream ends the call by its signal; there is nobody left to tell.
    run().catch(() => this.end("over"));
  }

  async *read(signal: AbortSignal): AsyncGenerator<ServerMessage> {
    const abort = () => this.wakeUp();
    signal.addEventListener("abort", abort, { once: true });
    try {
      while (!signal.aborted) {
        const told = this.queue;
        this.queue = [];
        yield* told;
        if (this.queue.length > 0) continue;
        if (this.ended === "over") return;
        if (this.ended !== null) throw new ProblemError(this.ended);
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
      }
    } finally {
      signal.removeEventListener("abort", abort);
      if (this.admitted !== null) this.parts.host.detach(this.admitted.hosted, this.admitted.viewer);
    }
  }

  roster(): void {
    // Nothing to do: protobuf callers learn slots from session_state and player_joined.
  }

  enter(): void {
    // Nothing to do: this outlet has one viewer, and broadcasts are let through by its stage.
  }

  broadcast(_sessionId: string, frame: Frame): void {
    if (this.admitted?.viewer.stage === "entered") this.push(frame);
  }

  unicast(_viewer: unknown, frame: Frame): void {
    this.push(frame);
  }

  close(_viewer: unknown, reason: CloseReason): void {
    this.end(endOf(reason));
  }

  private input({ body }: PlayRequest): void {
    if (this.admitted === null) return;
    const { hosted, viewer } = this.admitted;
    const order = attempt(() => {
      if (body.case !== "message") throw refusal("message", body.case, "a message, after the first");
      return clientOrder(body.value);
    });
    if (order.ok) this.parts.answers.handle(hosted, viewer, order.value);
    else this.parts.answers.refuse(hosted, viewer, order.problem);
  }

  private push(frame: Frame): void {
    if (this.ended !== null) return;
    this.queue.push(fromBinary(ServerMessageSchema, frame.bytes));
    if (this.queue.length > CALL_ITEMS_MAX) {
      this.queue = [];
      this.end(problem("RATE_LIMITED", "The stream is read too slowly; open it again", { retry_after_ms: 1000 }));
    }
    this.wakeUp();
  }

  private end(how: Problem | "over"): void {
    this.ended ??= how;
    this.wakeUp();
  }

  private wakeUp(): void {
    const wake = this.wake;
    this.wake = null;
    wake?.();
  }
}
