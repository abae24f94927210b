/**
 * Answers: carries out what a viewer's message asks, and answers that viewer alone.
 * In: an order as rpc/decode.ts made it.   Out: an action's result, a correction, a pong or an error, by unicast.
 * Law: who asks is the viewer's player, never what a message says; a spectator's view is all it may change.
 */
import type { Clock } from "#kit/clock.ts";
import { type Problem, problem } from "#wire/problem.ts";
import type { ActionOutcome } from "./action-outcome.ts";
import type { Acts } from "./acts.ts";
import type { Viewer } from "./audience.ts";
import { planLeave } from "./changes.ts";
import type { SessionHost } from "./host.ts";
import type { Hosted } from "./hosted.ts";
import type { ActionOrder, ClientOrder, MoveOrder } from "./orders.ts";
import type { SessionMoveVerdict } from "./session.ts";

export type AnswerEncoder = {
  actionResult(frame: number, unixMs: number, action: ActionOrder, outcome: ActionOutcome): Uint8Array;
  correction(
    frame: number,
    unixMs: number,
    seq: number,
    verdict: Extract<SessionMoveVerdict, { ok: false }>,
  ): Uint8Array;
  pong(frame: number, unixMs: number, pong: { t: number; tick: number }): Uint8Array;
  error(frame: number, unixMs: number, problem: Problem): Uint8Array;
};

export class Answers {
  private readonly host: SessionHost;
  private readonly acts: Acts;
  private readonly encoder: AnswerEncoder;
  private readonly clock: Clock;

  constructor(parts: { host: SessionHost; acts: Acts; encoder: AnswerEncoder; clock: Clock }) {
    this.host = parts.host;
    this.acts = parts.acts;
    this.encoder = parts.encoder;
    this.clock = parts.clock;
  }

  /** One message of a viewer that was let in. */
  handle(hosted: Hosted, viewer: Viewer, order: ClientOrder): void {
    if (viewer.stage === "gone") return;
    if (viewer.stage === "held") {
      if (order.kind === "resume") viewer.resume = order.cursor;
      this.host.enter(hosted, viewer);
      if (order.kind === "resume") return;
      return this.host.whenShown(hosted, () => this.carryOut(hosted, viewer, order));
    }
    this.carryOut(hosted, viewer, order);
  }

  /** Says what was wrong with a message. */
  refuse(hosted: Hosted, viewer: Viewer, why: Problem): void {
    this.unicast(viewer, this.encoder.error(hosted.audience.frame, this.clock.unixMs(), why));
  }

  private carryOut(hosted: Hosted, viewer: Viewer, order: ClientOrder): void {
    if (viewer.stage === "gone") return; // While it waited to enter.
    switch (order.kind) {
      case "ping":
        return this.pong(hosted, viewer, order.t);
      case "resume":
        viewer.resume = order.cursor;
        return this.host.whenShown(hosted, () => hosted.audience.resumeLate(viewer, this.clock.unixMs()));
      case "leave":
        return this.leave(hosted, viewer);
      case "camera":
        if (!viewer.spectator) return this.refuse(hosted, viewer, forbidden("Players have no camera to set"));
        hosted.session.cameras.handleRequest(viewer.playerId, order.camera);
        return this.host.touch(hosted);
      case "move":
      case "action":
        if (viewer.spectator) return this.refuse(hosted, viewer, forbidden("Spectators watch; they cannot play"));
        return order.kind === "move" ? this.move(hosted, viewer, order.move) : this.act(hosted, viewer, order.action);
    }
  }

  private move(hosted: Hosted, viewer: Viewer, move: MoveOrder): void {
    const { session, audience } = hosted;
    const seat = session.roster.seat(viewer.playerId);
    if (seat === null) return this.refuse(hosted, viewer, forbidden("You have no seat in this session"));
    const verdict = session.handleMove(this.clock.nowMs(), seat, move, viewer.rttMs);
    if ("error" in verdict) return this.refuse(hosted, viewer, verdict);
    this.host.touch(hosted);
    if (verdict.ok) return;
    this.unicast(viewer, this.encoder.correction(audience.frame, this.clock.unixMs(), move.seq, verdict));
    if ("removed" in verdict) this.host.remove(hosted, viewer.playerId);
  }

  private act(hosted: Hosted, viewer: Viewer, action: ActionOrder): void {
    const { session } = hosted;
    const { playerId, rttMs } = viewer;
    if (session.roster.seat(playerId) === null)
      return this.refuse(hosted, viewer, forbidden("You have no seat in this session"));
    this.acts.handle(hosted, { playerId, order: action, rttMs }, (result) => {
      if (viewer.stage === "gone") return;
      if (!result.ok) return this.refuse(hosted, viewer, result.problem);
      const bytes = this.encoder.actionResult(hosted.audience.frame, this.clock.unixMs(), action, result.value);
      this.unicast(viewer, bytes);
    });
  }

  private pong(hosted: Hosted, viewer: Viewer, t: number): void {
    const { tick } = hosted.session.world;
    this.unicast(viewer, this.encoder.pong(hosted.audience.frame, this.clock.unixMs(), { t, tick }));
  }

  private leave(hosted: Hosted, viewer: Viewer): void {
    if (viewer.spectator) return this.host.close(hosted, viewer, "done");
    this.host
      .change(hosted, () => planLeave(hosted.session, viewer.playerId))
      .then(
        (left) => {
          if (left.ok) this.host.close(hosted, viewer, "done");
          else this.refuse(hosted, viewer, left.problem);
        },
        () => {
          const retry = { retry_after_ms: 1000 };
          this.refuse(hosted, viewer, problem("UNAVAILABLE", "Leaving could not be recorded; try again", retry));
        },
      );
  }

  private unicast(viewer: Viewer, bytes: Uint8Array): void {
    if (viewer.stage !== "entered" || !this.host.keeper.mayShow(this.clock.nowMs())) return;
    viewer.outlet.unicast(viewer, { lane: "event", bytes });
  }
}

function forbidden(message: string): Problem {
  return problem("FORBIDDEN", message);
}
