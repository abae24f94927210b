/**
 * Audience: everyone who watches or plays one session, and what they are shown. Numbers the frames, keeps those with
 * events for clients that come back, and hands each frame to every outlet once, however many viewers stand behind it.
 * Law: a frame is encoded once; a viewer sees frames in order; what it missed it gets before anything newer.
 * Not here: what is in a frame (rpc/encode.ts), who may watch (host.ts), sockets (the gateway's).
 */
import type { CloseReason } from "#wire/close-codes.ts";
import { HISTORY_BYTES_MAX, HISTORY_FRAMES_MAX } from "../limits.ts";
import type { StateFrame } from "../snapshot/frame.ts";
import type { Cursor } from "./orders.ts";
import type { Session } from "./session.ts";
import type { SessionEvent } from "./session-events.ts";

export type Lane = "event" | "state";

/** A ServerMessage as it goes over the wire, and whether a newer one may replace it. */
export type Frame = { lane: Lane; bytes: Uint8Array };

/** One relay stream, or one Play or Watch call: the way to some viewers. */
export type Outlet = {
  /** Who sits in which slot; comes before the first frame that needs it. */
  roster(sessionId: string, playerIds: readonly string[]): void;
  /** From here on broadcasts of the session go to this viewer too. */
  enter(viewer: Viewer): void;
  broadcast(sessionId: string, frame: Frame): void;
  unicast(viewer: Viewer, frame: Frame): void;
  close(viewer: Viewer, reason: CloseReason): void;
  /** What it was given is far from being delivered: states should be few. */
  readonly isCongested?: boolean;
};

export type Viewer = {
  outlet: Outlet;
  /** The outlet's own name for the socket. */
  connection: number;
  sessionId: string;
  playerId: string;
  spectator: boolean;
  /** The round trip the gateway measured; null before, and where nobody measures. */
  rttMs: number | null;
  /** held: waits for a resume; entered: gets frames; gone: detached or closed. */
  stage: "held" | "entered" | "gone";
  /** Came back without saying where it stopped: held a moment for its resume. */
  awaitsResume: boolean;
  /** While held: when the wait is over (monotonic). */
  heldUntilMs: number;
  resume: Cursor | null;
  /** The session's newest frame when this viewer entered. */
  enteredAtFrame: number;
};

/** Domain to wire, once a frame (rpc/encode.ts). */
export type BroadcastEncoder = {
  event(frame: number, event: SessionEvent): Uint8Array;
  state(frame: number, unixMs: number, state: StateFrame): Uint8Array;
  /** `lastSeq`: number of the last event that was shown. */
  sessionState(frame: number, unixMs: number, session: Session, of: { playerId: string; lastSeq: number }): Uint8Array;
};

export class Audience {
  /** Number of the newest frame. */
  frame = 0;
  private lastEventFrame = 0;
  /** Number of the last event shown, by an owner before too. */
  private lastSeq: number;
  private rosterRevision = 0;
  private readonly history: { frame: number; bytes: Uint8Array }[] = [];
  private historyBytes = 0;
  /** Frames up to this one are no longer all in the history. */
  private forgottenFrame = 0;
  private readonly outlets = new Map<Outlet, Set<Viewer>>();
  private readonly current = new Map<string, Viewer>();
  /** Those of them that are not let in yet. */
  readonly held = new Set<Viewer>();
  private readonly session: Session;
  private readonly encoder: BroadcastEncoder;

  constructor(session: Session, encoder: BroadcastEncoder) {
    this.session = session;
    this.encoder = encoder;
    this.lastSeq = session.seqOfLastTaken;
  }

  /** The viewer that a player or spectator has now. */
  viewer(playerId: string): Viewer | null {
    return this.current.get(playerId) ?? null;
  }

  viewers(): Iterable<Viewer> {
    return this.current.values();
  }

  get isEmpty(): boolean {
    return this.current.size === 0;
  }

  get isCongested(): boolean {
    for (const outlet of this.outlets.keys()) if (outlet.isCongested === true) return true;
    return false;
  }

  add(viewer: Viewer): void {
    this.current.set(viewer.playerId, viewer);
    if (viewer.stage === "held") this.held.add(viewer);
    const known = this.outlets.get(viewer.outlet);
    if (known !== undefined) known.add(viewer);
    else this.outlets.set(viewer.outlet, new Set([viewer]));
  }

  /** Forgets a viewer; true when it was the current one of its player. */
  remove(viewer: Viewer): boolean {
    viewer.stage = "gone";
    this.held.delete(viewer);
    const viewers = this.outlets.get(viewer.outlet);
    viewers?.delete(viewer);
    if (viewers?.size === 0) this.outlets.delete(viewer.outlet);
    if (this.current.get(viewer.playerId) !== viewer) return false;
    this.current.delete(viewer.playerId);
    return true;
  }

  /** Shows a viewer what it missed, or everything, and lets the session's frames through to it from here on. */
  enter(viewer: Viewer, unixMs: number): void {
    viewer.outlet.roster(this.session.id, this.session.roster.playerIdsBySlot());
    this.catchUp(viewer, unixMs);
    viewer.stage = "entered";
    this.held.delete(viewer);
    viewer.enteredAtFrame = this.frame;
    viewer.outlet.enter(viewer);
  }

  /** A resume that came after the viewer had entered: served as long as no newer event overtook it. */
  resumeLate(viewer: Viewer, unixMs: number): void {
    if (this.lastEventFrame > viewer.enteredAtFrame) viewer.resume = null;
    this.catchUp(viewer, unixMs);
    viewer.enteredAtFrame = this.frame;
  }

  broadcastEvent(event: SessionEvent): void {
    if (event.body.kind === "player_joined" || event.body.kind === "player_left") this.tellRoster();
    this.frame += 1;
    this.lastEventFrame = this.frame;
    this.lastSeq = event.seq;
    const bytes = this.encoder.event(this.frame, event);
    this.remember(bytes);
    this.broadcast({ lane: "event", bytes });
  }

  broadcastState(state: StateFrame, unixMs: number): void {
    this.frame += 1;
    if (this.outlets.size === 0) return;
    // Poses do not wait for the event that says who took the seat.
    if (this.session.roster.revision !== this.rosterRevision) this.tellRoster();
    this.broadcast({ lane: "state", bytes: this.encoder.state(this.frame, unixMs, state) });
  }

  /** Over: nobody comes back to see it. */
  forgetHistory(): void {
    this.history.length = 0;
    this.historyBytes = 0;
    this.forgottenFrame = this.frame;
  }

  closeAll(reason: CloseReason): void {
    for (const [outlet, viewers] of this.outlets) {
      for (const viewer of viewers) {
        viewer.stage = "gone";
        outlet.close(viewer, reason);
      }
    }
    this.outlets.clear();
    this.current.clear();
    this.held.clear();
  }

  private catchUp(viewer: Viewer, unixMs: number): void {
    const { resume, outlet } = viewer;
    viewer.resume = null;
    if (resume === null || !this.canResume(resume)) {
      const bytes = this.encoder.sessionState(this.frame, unixMs, this.session, {
        playerId: viewer.playerId,
        lastSeq: this.lastSeq,
      });
      outlet.unicast(viewer, { lane: "event", bytes });
      return;
    }
    for (const kept of this.history) {
      if (kept.frame > resume.frame) outlet.unicast(viewer, { lane: "event", bytes: kept.bytes });
    }
    const bytes = this.encoder.state(this.frame, unixMs, this.session.keyframe());
    outlet.unicast(viewer, { lane: "state", bytes });
  }

  private canResume({ epoch, frame }: Cursor): boolean {
    return epoch === this.session.epoch && frame >= this.forgottenFrame && frame <= this.frame;
  }

  private broadcast(frame: Frame): void {
    for (const outlet of this.outlets.keys()) outlet.broadcast(this.session.id, frame);
  }

  private tellRoster(): void {
    this.rosterRevision = this.session.roster.revision;
    const playerIds = this.session.roster.playerIdsBySlot();
    for (const outlet of this.outlets.keys()) outlet.roster(this.session.id, playerIds);
  }

  private remember(bytes: Uint8Array): void {
    this.history.push({ frame: this.frame, bytes });
    this.historyBytes += bytes.length;
    while (this.history.length > HISTORY_FRAMES_MAX || this.historyBytes > HISTORY_BYTES_MAX) {
      const oldest = this.history.shift();
      if (oldest === undefined) return;
      this.historyBytes -= oldest.bytes.length;
      this.forgottenFrame = oldest.frame;
    }
  }
}
