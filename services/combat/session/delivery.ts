/**
 * Delivery: gives out what sessions told, once a turn of the event loop for all of them: events to the journal first,
 * then events, answers, changed state and cameras to the audience.
 * Law: what was shown is journaled; state without news never waits for another session's journal; at most one state
 * frame per interval and session. Not here: when sessions tick and who may watch (host.ts).
 */
import type { Clock } from "#kit/clock.ts";
import type { Log } from "#kit/log.ts";
import type { Journal } from "../events/journal.ts";
import { STATE_INTERVAL_MS_MIN } from "../limits.ts";
import type { Outcome } from "../sim/inputs.ts";
import type { Camera } from "./cameras.ts";
import type { Hosted } from "./hosted.ts";
import type { SessionEvent } from "./session-events.ts";

export type CameraEncoder = { camera(frame: number, unixMs: number, camera: Camera): Uint8Array };

export type DeliveryParts = { journal: Journal; encoder: CameraEncoder; clock: Clock; log: Log };

/** Told after a session's output has left. */
export type DeliveryListener = {
  handleDelivered(hosted: Hosted): void;
  handleFailed(hosted: Hosted, error: unknown): void;
};

type Output = { hosted: Hosted; events: SessionEvent[]; outcomes: Outcome[] };

export class Delivery {
  private readonly dirty = new Set<Hosted>();
  private readonly delayed = new Set<Hosted>();
  private planned: NodeJS.Immediate | null = null;
  private delayTimer: NodeJS.Timeout | null = null;
  private readonly parts: DeliveryParts;
  private readonly listener: DeliveryListener;

  constructor(parts: DeliveryParts, listener: DeliveryListener) {
    this.parts = parts;
    this.listener = listener;
  }

  /** Something happened to the session: what it tells goes out at the end of this turn. */
  touch(hosted: Hosted): void {
    this.dirty.add(hosted);
    this.planned ??= setImmediate(() => this.flush());
  }

  forget(hosted: Hosted): void {
    this.dirty.delete(hosted);
    this.delayed.delete(hosted);
  }

  stop(): void {
    this.dirty.clear();
    this.delayed.clear();
    if (this.planned !== null) clearImmediate(this.planned);
    if (this.delayTimer !== null) clearTimeout(this.delayTimer);
    this.planned = this.delayTimer = null;
  }

  private flush(): void {
    this.planned = null;
    const quiet: Output[] = [];
    const told: Output[] = [];
    for (const hosted of this.dirty) {
      if (hosted.journaling) continue; // Stays dirty: its turn comes when the journal has answered.
      this.dirty.delete(hosted);
      const { session } = hosted;
      const output = { hosted, events: session.pollEvents(), outcomes: session.pollOutcomes() };
      (output.events.length === 0 ? quiet : told).push(output);
    }
    if (told.length > 0) this.journal(told);
    this.giveOut(quiet);
  }

  private journal(told: Output[]): void {
    for (const { hosted } of told) hosted.journaling = true;
    const events = told.flatMap((output) => output.events);
    this.parts.journal
      .append(events)
      .catch((error: unknown) => {
        // The match goes on; what the journal lost is said, not hidden.
        this.parts.log.error(
          { error, events: events.length },
          "the journal refused events; they are shown all the same",
        );
      })
      .then(() => {
        for (const { hosted } of told) hosted.journaling = false;
        this.giveOut(told);
        if (this.dirty.size > 0) this.planned ??= setImmediate(() => this.flush());
      });
  }

  private giveOut(outputs: readonly Output[]): void {
    const nowMs = this.parts.clock.nowMs();
    const unixMs = this.parts.clock.unixMs();
    for (const output of outputs) {
      try {
        this.giveOutOne(output, nowMs, unixMs);
      } catch (error) {
        this.listener.handleFailed(output.hosted, error);
      }
    }
  }

  private giveOutOne({ hosted, events, outcomes }: Output, nowMs: number, unixMs: number): void {
    for (const event of events) hosted.audience.broadcastEvent(event);
    for (const outcome of outcomes) {
      const answer = hosted.awaiting.get(outcome.id);
      hosted.awaiting.delete(outcome.id);
      answer?.(outcome);
    }
    this.giveOutState(hosted, nowMs, unixMs);
    this.giveOutCameras(hosted, unixMs);
    this.listener.handleDelivered(hosted);
  }

  private giveOutState(hosted: Hosted, nowMs: number, unixMs: number): void {
    if (nowMs - hosted.stateSentAtMs < STATE_INTERVAL_MS_MIN) return this.delay(hosted, nowMs);
    const state = hosted.session.pollChanges();
    if (state === null) return;
    hosted.stateSentAtMs = nowMs;
    hosted.audience.broadcastState(state, unixMs);
  }

  /** Changes within the interval travel together when it is over. One timer serves all sessions. */
  private delay(hosted: Hosted, nowMs: number): void {
    this.delayed.add(hosted);
    this.delayTimer ??= setTimeout(
      () => {
        this.delayTimer = null;
        const waited = [...this.delayed];
        this.delayed.clear();
        for (const other of waited) this.touch(other);
      },
      Math.max(0, hosted.stateSentAtMs + STATE_INTERVAL_MS_MIN - nowMs),
    );
  }

  private giveOutCameras({ session, audience }: Hosted, unixMs: number): void {
    for (const { spectatorId, camera } of session.cameras.pollFresh()) {
      const viewer = audience.viewer(spectatorId);
      if (viewer?.stage !== "entered") continue;
      const bytes = this.parts.encoder.camera(audience.frame, unixMs, camera);
      viewer.outlet.unicast(viewer, { lane: "event", bytes });
    }
  }
}
