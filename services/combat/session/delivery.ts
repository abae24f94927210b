/**
 * Delivery: gives out what sessions told, once a turn of the event loop for all of them: events are kept first, then
 * shown; answers, changed state and cameras go with them.
 * Law: what was shown is kept, or its session is marked degraded; poses never wait for that, health does; a fenced
 * session shows nothing any more; state frames of a session leave at once while they are few, else evenly, and seldom to a
 * gateway that is behind.
 * Not here: when sessions tick and who may watch (host.ts), what keeping means (keeper.ts).
 */
import type { Clock } from "#kit/clock.ts";
import { STATE_CONGESTED_MS, STATE_INTERVAL_MS, STATES_AT_ONCE_MAX } from "../limits.ts";
import type { Outcome } from "../sim/inputs.ts";
import type { Changes } from "../snapshot/frame.ts";
import type { Camera } from "./cameras.ts";
import type { KeepVerdict } from "./copy.ts";
import type { Hosted } from "./hosted.ts";
import type { SessionEvent } from "./session-events.ts";
import type { FiredShot } from "./shots.ts";

/** What is for one viewer and answers nothing it asked. */
export type PrivateEncoder = {
  camera(frame: number, unixMs: number, camera: Camera): Uint8Array;
  shotLanded(frame: number, unixMs: number, shot: FiredShot): Uint8Array;
};

export type Keeping = {
  mayShow(nowMs: number): boolean;
  /** Never rejects: what cannot be kept is fenced, and its host knows. */
  keep(told: readonly { hosted: Hosted; events: readonly SessionEvent[] }[]): Promise<KeepVerdict[]>;
};

export type DeliveryParts = { keeper: Keeping; encoder: PrivateEncoder; clock: Clock };

/** Told after a session's output has left, or could not. */
export type DeliveryListener = {
  handleDelivered(hosted: Hosted): void;
  handleFailed(hosted: Hosted, error: unknown): void;
  handleFenced(hosted: Hosted): void;
};

/** `shots`: those that no answer says; `fired`: all, for the record. */
type Output = {
  hosted: Hosted;
  events: SessionEvent[];
  outcomes: Outcome[];
  shots: FiredShot[];
  fired: FiredShot[];
};

export class Delivery {
  // New ones in each turn: a set that grows and shrinks for ever leaves tables that hold on to each other once they are old.
  private dirty = new Set<Hosted>();
  private delayed = new Set<Hosted>();
  /** What the keeper has not answered yet. */
  private readonly keeping = new Set<Promise<void>>();
  /** Taken from its session when the process fell asleep: given out, or dropped, when it is known whose the session is. */
  private held: Output[] = [];
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
    this.held = this.held.filter((output) => output.hosted !== hosted);
  }

  /** Gives out what was told up to now; nothing after. */
  async stop(): Promise<void> {
    this.flush();
    await Promise.all(this.keeping);
    this.flush(); // What was told while the first was on its way.
    await Promise.all(this.keeping);
    this.dirty.clear();
    this.delayed.clear();
    if (this.planned !== null) clearImmediate(this.planned);
    if (this.delayTimer !== null) clearTimeout(this.delayTimer);
    this.planned = this.delayTimer = null;
  }

  /** What waited for the keeper goes out. */
  handleAwake(): void {
    const { held } = this;
    this.held = [];
    this.giveOut(held);
    if (this.dirty.size > 0) this.planned ??= setImmediate(() => this.flush());
  }

  private flush(): void {
    this.planned = null;
    const nowMs = this.parts.clock.nowMs();
    if (!this.parts.keeper.mayShow(nowMs)) return; // All stay dirty until handleAwake.
    const quiet: Output[] = [];
    const told: Output[] = [];
    const { dirty } = this;
    this.dirty = new Set();
    for (const hosted of dirty) {
      if (hosted.journaling) {
        this.dirty.add(hosted); // Its turn comes when the keeper has answered.
        this.giveOutPoses(hosted, nowMs);
        continue;
      }
      const { session } = hosted;
      const [events, outcomes] = [session.pollEvents(), session.pollOutcomes()];
      const [shots, fired] = [session.shots.pollUnanswered(), session.shots.pollFresh()];
      const output = { hosted, events, outcomes, shots, fired };
      (output.events.length === 0 ? quiet : told).push(output);
    }
    if (told.length > 0) {
      const keeping = this.keep(told).finally(() => this.keeping.delete(keeping));
      this.keeping.add(keeping);
    }
    this.giveOut(quiet);
  }

  private async keep(told: Output[]): Promise<void> {
    for (const { hosted } of told) hosted.journaling = true;
    const verdicts = await this.parts.keeper.keep(told);
    const shown: Output[] = [];
    told.forEach((output, index) => {
      output.hosted.journaling = false;
      if (verdicts[index] === "fenced") this.listener.handleFenced(output.hosted);
      else shown.push(output);
    });
    this.giveOut(shown);
    this.handleAwake();
  }

  private giveOut(outputs: readonly Output[]): void {
    for (const [at, output] of outputs.entries()) {
      // Asked for each: a process may be stopped anywhere, and what follows may be somebody else's by then.
      const nowMs = this.parts.clock.nowMs();
      if (!this.parts.keeper.mayShow(nowMs)) {
        this.held.push(...outputs.slice(at));
        return;
      }
      const unixMs = this.parts.clock.unixMs();
      try {
        this.giveOutOne(output, nowMs, unixMs);
      } catch (error) {
        this.listener.handleFailed(output.hosted, error);
      }
    }
  }

  private giveOutOne({ hosted, events, outcomes, shots, fired }: Output, nowMs: number, unixMs: number): void {
    for (const event of events) hosted.audience.broadcastEvent(event);
    for (const outcome of outcomes) {
      const answer = hosted.awaiting.get(outcome.id);
      hosted.awaiting.delete(outcome.id);
      answer?.(outcome);
    }
    for (const shot of shots) this.giveOutShot(hosted, shot, unixMs);
    hosted.session.shots.handleShown(fired);
    // What came while these were being kept has its turn next; until then only its poses are shown.
    this.giveOutState(hosted, nowMs, unixMs, hosted.session.hasEvents ? "poses" : "all");
    this.giveOutCameras(hosted, unixMs);
    this.listener.handleDelivered(hosted);
  }

  private giveOutPoses(hosted: Hosted, nowMs: number): void {
    try {
      this.giveOutState(hosted, nowMs, this.parts.clock.unixMs(), "poses");
    } catch (error) {
      this.listener.handleFailed(hosted, error);
    }
  }

  private giveOutState(hosted: Hosted, nowMs: number, unixMs: number, changes: Changes): void {
    if (nowMs < mayLeaveMs(hosted)) return this.delay(hosted, nowMs);
    const state = hosted.session.pollChanges(changes, nowMs);
    if (state === null) return;
    hosted.stateDueMs = Math.max(nowMs, hosted.stateDueMs) + STATE_INTERVAL_MS;
    hosted.stateLeftMs = nowMs;
    hosted.audience.broadcastState(state, unixMs);
  }

  /** Changes until then travel together. One timer serves all sessions. */
  private delay(hosted: Hosted, nowMs: number): void {
    this.delayed.add(hosted);
    this.delayTimer ??= setTimeout(
      () => {
        this.delayTimer = null;
        const waited = this.delayed;
        this.delayed = new Set();
        for (const other of waited) this.touch(other);
      },
      // At least as often as states leave, for a gateway that was behind may have caught up.
      Math.min(STATE_INTERVAL_MS, Math.max(0, mayLeaveMs(hosted) - nowMs)),
    );
  }

  private giveOutShot({ audience }: Hosted, shot: FiredShot, unixMs: number): void {
    const viewer = audience.viewer(shot.playerId);
    if (viewer?.stage !== "entered") return;
    const bytes = this.parts.encoder.shotLanded(audience.frame, unixMs, shot);
    viewer.outlet.unicast(viewer, { lane: "event", bytes });
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

/** When the next state frame may leave. Who is behind gets few, with all that changed meanwhile: else it would be ever further behind. */
function mayLeaveMs({ stateDueMs, stateLeftMs, audience }: Hosted): number {
  const evenlyMs = stateDueMs - (STATES_AT_ONCE_MAX - 1) * STATE_INTERVAL_MS;
  return audience.isCongested ? Math.max(evenlyMs, stateLeftMs + STATE_CONGESTED_MS) : evenlyMs;
}
