/** Fixture: sessions, seats and frames as tests need them, with time that stands still until told otherwise. Not a test itself. */
import { type Profile, UNKNOWN_PLAYER } from "#combat/related/player.ts";
import type { BroadcastEncoder, Frame, Outlet, Viewer } from "#combat/session/audience.ts";
import { type Change, planSeat, planStatus } from "#combat/session/changes.ts";
import type { PrivateEncoder } from "#combat/session/delivery.ts";
import type { ActionOrder, DamageOrder, MoveOrder } from "#combat/session/orders.ts";
import type { Seat } from "#combat/session/roster.ts";
import { Session } from "#combat/session/session.ts";
import type { SessionEvent } from "#combat/session/session-events.ts";
import type { SessionSettings } from "#combat/session/settings.ts";
import { FIRST_MAP } from "#combat/sim/content.ts";
import { ManualClock } from "#kit/clock.ts";
import type { Problem, Result } from "#wire/problem.ts";

export const TICK_MS = 50;

/** The run that owns the sessions of a test. */
export const OWNER = "here#1";

export function settingsOf(changed: Partial<SessionSettings> = {}): SessionSettings {
  return {
    gameMode: "team_deathmatch",
    mapId: FIRST_MAP,
    maxRounds: 3,
    timeLimitMinutes: 10,
    scoreLimit: 2,
    tickRateHz: 1000 / TICK_MS,
    maxPlayers: 4,
    autoStart: false,
    allowSpectators: true,
    isPrivate: false,
    reconnectGraceSeconds: 2,
    respawnSeconds: 1,
    friendlyFire: false,
    ...changed,
  };
}

/** A session under a clock of its own, driven by hand. */
export class Stage {
  readonly clock: ManualClock;
  readonly session: Session;
  private teams = 0;

  constructor(changed: Partial<SessionSettings> = {}, id = "session", clock: ManualClock = new ManualClock()) {
    this.clock = clock;
    const start = { id, hostPlayerId: "host", seed: 5, epoch: 1, owner: OWNER, version: 1, createdAtMs: 0, lastSeq: 0 };
    this.session = new Session({ ...start, settings: settingsOf(changed) }, this.clock.nowMs());
  }

  /** Applies a change at once, as the host does when it is saved. */
  carryOut<T>(planned: Result<Change<T>>): Result<T> {
    if (!planned.ok) return planned;
    const value = planned.value.apply({ nowMs: this.clock.nowMs(), unixMs: this.clock.unixMs() });
    return { ok: true, value };
  }

  join(playerId: string, rest: { teamId?: string | null; listed?: boolean; profile?: Profile } = {}): Result<Seat> {
    const { teamId = null, listed = false, profile = UNKNOWN_PLAYER } = rest;
    const newTeamId = `team-${++this.teams}`;
    const unixMs = this.clock.unixMs();
    return this.carryOut(planSeat(this.session, { playerId, teamId, listed, key: null, newTeamId, profile, unixMs }));
  }

  /** Joins, and connects. */
  seat(playerId: string, rest: { teamId?: string | null; listed?: boolean; profile?: Profile } = {}): Seat {
    const seat = must(this.join(playerId, rest));
    this.session.handleConnect(this.clock.unixMs(), seat);
    return seat;
  }

  /** "ann" against "bob", live. */
  startDuel(): { ann: Seat; bob: Seat } {
    const duel = { ann: this.seat("ann"), bob: this.seat("bob") };
    this.status("active");
    return duel;
  }

  /** An action that comes now. */
  act(seat: Seat, order: ActionOrder): ReturnType<Session["handleAction"]> {
    return this.session.handleAction(seat, order, { atMs: this.session.matchNowMs(this.clock.nowMs()) });
  }

  status(status: "active" | "paused"): void {
    must(this.carryOut(planStatus(this.session, status, this.clock.unixMs())));
  }

  tick(count = 1): void {
    for (let ticked = 0; ticked < count; ticked++) {
      this.clock.advance(TICK_MS);
      this.session.handleTick(this.clock.nowMs(), this.clock.unixMs());
    }
  }

  move(seat: Seat, dx: number): ReturnType<Session["handleMove"]> {
    const { x, y, z } = this.session.fighter(seat)!.position;
    const order: MoveOrder = { seq: 1, position: { x: x + dx, y, z }, ...STILL };
    return this.session.handleMove(this.clock.nowMs(), seat, order);
  }

  /** Kinds of what was told since the last call. */
  told(): string[] {
    return this.session.pollEvents().map((event) => event.body.kind);
  }
}

export function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result.problem)}`);
  return result.value;
}

export function problemOf(result: Result<unknown> | Problem | object): string {
  if ("problem" in result) return (result.problem as Problem).error;
  return "error" in result ? String(result.error) : "none";
}

/** What a move says besides where. */
const STILL = { yaw: null, pitch: null, stance: null, clientMs: null } as const;

export const RELOAD: ActionOrder = {
  seq: 1,
  type: "reload",
  weapon: null,
  direction: null,
  targetId: null,
  clientTick: null,
  clientMs: null,
};

export function blow(targetId: string, rest: Partial<DamageOrder> = {}): DamageOrder {
  return { attackerId: null, targetId, damage: 1_000, damageType: "explosion", weapon: null, headshot: false, ...rest };
}

/** What frames say in tests: their number, and what they are. */
export type Shown = { frame: number; what: string; of?: string | number };

export function bytesOf(shown: Shown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(shown));
}

export function shownIn(frame: Frame): Shown {
  return JSON.parse(new TextDecoder().decode(frame.bytes)) as Shown;
}

/** Counts what it encodes. */
export class FakeEncoder implements BroadcastEncoder, PrivateEncoder {
  encoded = 0;

  event(frame: number, event: SessionEvent): Uint8Array {
    return this.encode({ frame, what: event.body.kind, of: event.seq });
  }

  state(frame: number, _unixMs: number, state: { keyframe: boolean; tick: number }): Uint8Array {
    return this.encode({ frame, what: state.keyframe ? "keyframe" : "state", of: state.tick });
  }

  sessionState(frame: number, _unixMs: number, _session: Session, of: { lastSeq: number }): Uint8Array {
    return this.encode({ frame, what: "session_state", of: of.lastSeq });
  }

  shotLanded(frame: number, _unixMs: number, { seq }: { seq: number }): Uint8Array {
    return this.encode({ frame, what: "shot_landed", of: seq });
  }

  camera(frame: number): Uint8Array {
    return this.encode({ frame, what: "camera" });
  }

  private encode(shown: Shown): Uint8Array {
    this.encoded += 1;
    return bytesOf(shown);
  }
}

/** Keeps what it was given, and calls `onFrame` with each broadcast. */
export class FakeOutlet implements Outlet {
  readonly broadcasts: Shown[] = [];
  readonly unicasts: (Shown & { to: number })[] = [];
  readonly rosters: (readonly string[])[] = [];
  readonly entered: number[] = [];
  readonly closed: { connection: number; reason: string }[] = [];
  isCongested = false;
  onFrame: (shown: Shown) => void = () => {};

  roster(_sessionId: string, playerIds: readonly string[]): void {
    this.rosters.push([...playerIds]);
  }

  enter(viewer: Viewer): void {
    this.entered.push(viewer.connection);
  }

  broadcast(_sessionId: string, frame: Frame): void {
    const shown = shownIn(frame);
    this.broadcasts.push(shown);
    this.onFrame(shown);
  }

  unicast(viewer: Viewer, frame: Frame): void {
    this.unicasts.push({ to: viewer.connection, ...shownIn(frame) });
  }

  close(viewer: Viewer, reason: string): void {
    this.closed.push({ connection: viewer.connection, reason });
  }
}

export function viewerOf(outlet: Outlet, connection: number, rest: Partial<Viewer> = {}): Viewer {
  return {
    outlet,
    connection,
    sessionId: "session",
    playerId: `viewer-${connection}`,
    spectator: true,
    rttMs: null,
    stage: "held",
    awaitsResume: false,
    heldUntilMs: 0,
    resume: null,
    enteredAtFrame: 0,
    ...rest,
  };
}
