/**
 * Session: one match, sans-IO. Takes joins, sockets' comings and goings, moves, actions and ticks; gives numbered
 * events, changed rows, outcomes and cameras. Time comes in as `nowMs` (monotonic) and `unixMs` (for people).
 * Law: events are numbered without gaps; nobody is hurt but while active; over is over. Ticks in which nothing happens may be
 *      put off by who lets time pass: before anything comes in, and before anybody looks, they have passed.
 * Changes of the record (joins, leaves, status, settings) are planned in changes.ts, saved by the host, applied here.
 * Not here: rules of the game (sim/), who may ask (rpc/), sockets and stores (host.ts, audience.ts).
 */
import { assert } from "#kit/assert.ts";
import { optional } from "#kit/optional.ts";
import { no, ok, type Problem, problem, type Result } from "#wire/problem.ts";
import { BY_THE_TABLE, type Granted } from "../related/abilities.ts";
import { MAPS } from "../sim/content.ts";
import type { SimEvent } from "../sim/events.ts";
import { pastOf } from "../sim/fighter.ts";
import type { MoveVerdict, Order, Outcome, Ruling, StepInput, StepResult } from "../sim/inputs.ts";
import { hasObjectives } from "../sim/objectives.ts";
import type { Recorder } from "../sim/recorder.ts";
import { isTimeUp } from "../sim/rounds.ts";
import { createWorld, type Fighter, type Point, type World } from "../sim/world.ts";
import { type Changes, FrameSource, keyframe, type StateFrame } from "../snapshot/frame.ts";
import { Stirred } from "../snapshot/stirred.ts";
import type { KnownBytes } from "../stores/known-bytes.ts";
import type { ActionOutcome, SessionRefusal } from "./action-outcome.ts";
import { type AskedBlow, AskedBlows } from "./asked-blows.ts";
import { Cameras } from "./cameras.ts";
import { DamageAnswers } from "./damage-answers.ts";
import { claimOf, deedOf } from "./deeds.ts";
import { figuresOf, NO_FIGURES } from "./figures.ts";
import { Findings } from "./findings.ts";
import { withoutSlot } from "./inbox.ts";
import { Inlet } from "./inlet.ts";
import { Lateness } from "./lateness.ts";
import { isOver } from "./lifecycle.ts";
import { Numbered } from "./numbered.ts";
import type { ActionOrder, DamageOrder, MoveOrder } from "./orders.ts";
import { Quotas } from "./quotas.ts";
import { notPlaying, stillUnderway, tooMany } from "./refusals.ts";
import { Roster, type Seat } from "./roster.ts";
import type { EventBody, SessionEvent } from "./session-events.ts";
import type { EndReason, SessionSettings, SessionStatus } from "./settings.ts";
import { Shots } from "./shots.ts";
import { rulesOf, type SessionStart } from "./start.ts";
import { count, noTally, type Tally } from "./tally.ts";
import { joinTold, teamOf, teamsOf, tell } from "./tell.ts";

/** How an action came: match time of arrival, the measured round trip where somebody measures, and the verdict on its ability. */
export type Came = { atMs: number; rttMs?: number | null; verdict?: Granted };

export type SessionMoveVerdict =
  | MoveVerdict
  | { ok: false; check: "paused"; position: Point; measured: 0; threshold: 0 };

export class Session {
  readonly id: string;
  readonly hostPlayerId: string;
  readonly seed: number;
  readonly epoch: number;
  readonly owner: string;
  readonly createdAtMs: number;
  readonly settings: SessionSettings;
  readonly roster = new Roster();
  /** Of the record as it was last saved. */
  version: number;
  status: SessionStatus = "waiting";
  startedAtMs: number | null = null;
  endedAtMs: number | null = null;
  endReason: EndReason | null = null;
  winnerTeamId: string | null = null;
  /** Figures of those who left, by player: their fighters are gone. */
  readonly figuresOfLeft = new Map<string, Fighter>();
  readonly damageAnswers = new DamageAnswers();
  readonly shots = new Shots();
  readonly findings = new Findings();
  /** What was told so far. */
  tally: Tally = noTally();

  /** Lets ticks that were put off pass; set by who lets time pass. */
  rouse: () => void = () => {};
  private readonly own: World;
  private readonly ownCameras: Cameras;
  private readonly inlet: Inlet;
  /** Teams of seats that were given up during the match, one for each; polled with each tick. */
  private vacated: string[] = [];
  private readonly askedBlows = new AskedBlows();
  private readonly frames = new FrameSource();
  private readonly stirred = new Stirred();
  private inbox: StepInput[] = [];
  private outcomes: Outcome[] = [];
  private readonly told: Numbered;
  private nextInputId = 1;
  private tickedAtMs: number;
  private recordChanged = false;
  /** Some seat's grace may run; so it may in a session that was restored. */
  private isAnybodyAway = true;
  private readonly quotas = new Quotas();
  private readonly lateness: Lateness;

  constructor(start: SessionStart, nowMs: number) {
    this.id = start.id;
    this.hostPlayerId = start.hostPlayerId;
    this.seed = start.seed;
    this.epoch = start.epoch;
    this.owner = start.owner;
    this.version = start.version;
    this.createdAtMs = start.createdAtMs;
    this.settings = start.settings;
    this.told = new Numbered(start);
    this.tickedAtMs = nowMs;
    this.lateness = new Lateness(this.tickMs, nowMs, () => this.inlet.decide({ kind: "stalled" }));
    const map = MAPS[start.settings.mapId];
    assert(map !== undefined, `map ${start.settings.mapId} exists`);
    const rules = rulesOf(start.settings);
    this.own = createWorld({ rules, map, seed: start.seed });
    this.inlet = new Inlet(this.own);
    this.ownCameras = new Cameras(this.own, this.roster);
  }

  /** As it is now. */
  get world(): World {
    this.rouse();
    return this.own;
  }

  /** As they are now. */
  get cameras(): Cameras {
    this.rouse();
    return this.ownCameras;
  }

  get tickMs(): number {
    return 1000 / this.settings.tickRateHz;
  }

  get seqOfLastEvent(): number {
    return this.told.lastSeq;
  }

  /** Of the last event that was taken by pollEvents, here or by an owner before. */
  get seqOfLastTaken(): number {
    return this.told.lastTakenSeq;
  }

  fighter(seat: Seat): Fighter | null {
    const left = this.figuresOfLeft.get(seat.playerId) ?? null;
    // Whoever is leaving right now has no fighter any more, and is not marked as gone yet.
    return seat.connection === "left" ? left : (this.fighterAt(seat.slot) ?? left);
  }

  /** All that enters the world from here on goes to this recorder too. */
  record(recorder: Recorder): void {
    this.inlet.record(recorder);
  }

  /** All players as frames show them. */
  keyframe(): StateFrame {
    return keyframe(this.world);
  }

  /** A seat is taken: its fighter is at a spawn point at once. Who had left goes on with what it left. */
  handleSeat(unixMs: number, seat: Omit<Seat, "side">): Seat {
    this.rouse();
    const placed = this.roster.sit(seat);
    const left = this.figuresOfLeft.get(seat.playerId);
    this.frames.forget(placed.slot);
    const { slot, side, loadout } = placed;
    this.decide({ kind: "add", slot, side, loadout, ...(left && { past: pastOf(left) }) }, unixMs);
    // A match that ended while the seat was being saved takes nobody in: the figures stay with who left.
    if (this.fighterAt(slot) !== null) this.figuresOfLeft.delete(seat.playerId);
    this.tell(joinTold(placed), unixMs);
    return placed;
  }

  /** A player leaves for good; the figures stay. */
  handleLeave(unixMs: number, playerId: string, why: "removed" | null = null): void {
    this.rouse();
    const seat = this.roster.seat(playerId);
    if (seat === null || seat.connection === "left" || isOver(this.status)) return;
    const fighter = this.fighterAt(seat.slot);
    if (fighter !== null) this.figuresOfLeft.set(playerId, structuredClone(fighter));
    if (why !== null) seat.removed = true;
    this.tell({ kind: "player_left", playerId, ...optional("reason", why) }, unixMs);
    this.inbox = this.inbox.map((input) => withoutSlot(input, seat.slot));
    this.decide({ kind: "remove", slot: seat.slot }, unixMs);
    this.roster.leave(seat);
    if (this.startedAtMs !== null) this.vacated.push(seat.teamId);
    this.ownCameras.handlePlayerGone();
  }

  /** A player's socket is there. */
  handleConnect(unixMs: number, seat: Seat): void {
    this.rouse();
    if (seat.connection === "disconnected") this.tell({ kind: "player_reconnected", playerId: seat.playerId }, unixMs);
    seat.connection = "connected";
    seat.confirmed = true;
    seat.graceUsedMs = 0;
  }

  /** A player's last socket is gone; the seat is kept for the grace. */
  handleDisconnect(unixMs: number, seat: Seat): void {
    this.rouse();
    if (seat.connection !== "connected") return;
    seat.connection = "disconnected";
    this.isAnybodyAway = true;
    if (!isOver(this.status)) this.tell({ kind: "player_disconnected", playerId: seat.playerId }, unixMs);
  }

  handleStatus(unixMs: number, status: "active" | "paused"): void {
    this.rouse();
    const before = this.status;
    this.status = status;
    if (status === "paused") return this.tell({ kind: "session_paused" }, unixMs);
    if (before === "paused") {
      this.decide({ kind: "resume" }, unixMs);
      return this.tell({ kind: "session_resumed" }, unixMs);
    }
    this.startedAtMs = unixMs;
    this.tell({ kind: "session_started", mapId: this.settings.mapId, gameMode: this.settings.gameMode }, unixMs);
    this.decide({ kind: "start" }, unixMs);
  }

  handleSettings(
    unixMs: number,
    change: { maxRounds: number; timeLimitMinutes: number; allowSpectators: boolean },
  ): void {
    this.rouse();
    Object.assign(this.settings, change);
    this.decide({ kind: "rules", maxRounds: change.maxRounds, timeLimitMs: change.timeLimitMinutes * 60_000 }, unixMs);
  }

  handleRound(unixMs: number, round: number): void {
    this.rouse();
    this.decide({ kind: "round", round }, unixMs);
  }

  handleEnd(unixMs: number, end: { status: "ended" | "cancelled"; reason: EndReason; winner: number | null }): void {
    this.rouse();
    if (isOver(this.status)) return;
    this.status = end.status;
    this.endReason = end.reason;
    this.winnerTeamId = teamOf(end.winner, this.roster);
    this.endedAtMs = unixMs;
    const { endReason: reason, winnerTeamId } = this;
    const players = this.roster.seats.map((seat) => figuresOf(seat, this.fighter(seat) ?? NO_FIGURES));
    this.tell(
      { kind: "session_ended", reason, winnerTeamId, teams: teamsOf(this.world, this.roster), players },
      unixMs,
    );
  }

  /** `rttMs`: measured between this player and here; null where nobody measures. */
  handleMove(nowMs: number, seat: Seat, order: MoveOrder, rttMs: number | null = null): SessionMoveVerdict | Problem {
    this.rouse();
    if (!this.quotas.takesMove(seat.slot)) return tooMany("position updates", this.tickMs);
    const fighter = this.fighterAt(seat.slot);
    if (fighter === null || seat.connection === "left") return notPlaying(seat.playerId);
    if (this.status === "paused") {
      return { ok: false, check: "paused", position: { ...fighter.position }, measured: 0, threshold: 0 };
    }
    this.lateness.handleMove(nowMs);
    const { seq, position, yaw, pitch, stance, clientMs: claimedMs } = order; // By name: a spread costs as much as the move.
    const atMs = this.matchNowMs(nowMs);
    const verdict = this.inlet.move({ slot: seat.slot, seq, position, yaw, pitch, stance, atMs, claimedMs, rttMs });
    this.stirred.stir(seat.slot);
    if (verdict.findings) this.findings.handle(seat.playerId, verdict.findings);
    return verdict;
  }

  /** Takes an action for the next tick; its outcome answers by the number given back, or at once by a refusal. */
  handleAction(seat: Seat, order: ActionOrder, came: Came): Result<number | ActionOutcome> {
    this.rouse();
    if (!this.quotas.takesAction(seat.slot)) return no(tooMany("actions", this.tickMs));
    const fighter = this.fighterAt(seat.slot);
    if (fighter === null || seat.connection === "left") return no(notPlaying(seat.playerId));
    const refused = (reason: SessionRefusal): Result<ActionOutcome> =>
      ok({ kind: "refused", reason, cooldownMs: 0, ammunition: fighter.magazine[fighter.weapon] });
    if (this.status === "paused") return refused("paused");
    if (this.status !== "active") return refused("not_active");
    const deed = deedOf(order, { roster: this.roster, verdict: came.verdict ?? BY_THE_TABLE });
    if (typeof deed === "string") return refused(deed);
    const id = this.nextInputId++;
    const time = { atMs: came.atMs, claimedMs: claimOf(order, this.settings.tickRateHz), rttMs: came.rttMs ?? null };
    this.inbox.push({ kind: "action", id, slot: seat.slot, seq: order.seq, ...time, do: deed });
    return ok(id);
  }

  /** Takes damage for the next tick; the same key again gets the same answer, not the same damage twice. */
  handleDamage(order: DamageOrder, key: string | null): Result<number | Outcome> {
    this.rouse();
    const known = this.damageAnswers.known(key);
    if (known !== null) return known === "underway" ? no(stillUnderway()) : ok(known);
    if (this.status !== "active") {
      const message = "Damage is dealt in active sessions only";
      return no(problem("INVALID_STATE_TRANSITION", message, { status: this.status }));
    }
    if (!this.quotas.takesDamage()) return no(tooMany("damage calls", this.tickMs));
    const target = this.roster.seat(order.targetId);
    if (target === null || target.connection === "left") return no(notPlaying(order.targetId));
    const by = order.attackerId === null ? null : this.roster.seat(order.attackerId);
    if (order.attackerId !== null && (by === null || by.connection === "left")) return no(notPlaying(order.attackerId));
    const { attackerId: _, targetId: __, ...blow } = order;
    const id = this.nextInputId++;
    const hit = { ...blow, by: by?.slot ?? null, target: target.slot };
    this.inbox.push({ kind: "damage", id, ...hit });
    if (key !== null) this.damageAnswers.begin(id, key);
    return ok(id);
  }

  /** Whether blows of weapons are given out to be decided from now on. */
  handleRulings(unixMs: number, outside: boolean): void {
    this.rouse();
    if (this.world.rulings.outside !== outside) this.decide({ kind: "rulings", outside }, unixMs);
  }

  /** What was decided, for the next tick. Each blow that was polled gets one. */
  handleRuling(ruling: Ruling): void {
    this.rouse();
    this.inbox.push(ruling);
  }

  /** The teams that lost a seat of the match since the last call, one for each seat. */
  pollVacated(): string[] {
    const { vacated } = this;
    if (vacated.length > 0) this.vacated = [];
    return vacated;
  }

  /** Blows to be decided, each once. */
  pollBlows(): readonly AskedBlow[] {
    return this.askedBlows.poll(this.world, this.roster);
  }

  /** One tick of the match, unless it stands still. */
  handleTick(nowMs: number, unixMs: number): void {
    this.quotas.handleTick();
    this.lateness.handleTick(nowMs);
    this.tickedAtMs = nowMs;
    if (this.status === "paused" || isOver(this.status)) return;
    const inputs = this.inbox;
    if (inputs.length > 0) this.inbox = [];
    this.step(inputs, unixMs);
    this.handleGrace(unixMs);
  }

  pollEvents(): SessionEvent[] {
    return this.told.poll();
  }

  pollOutcomes(): Outcome[] {
    const told = this.outcomes;
    this.outcomes = []; // Also of none: what is told waits, and must not grow meanwhile.
    return told;
  }

  pollChanges(of: Changes = "all", nowMs: number = this.tickedAtMs): StateFrame | null {
    const { world, stirred } = this;
    const frame = this.frames.pollChanges(world, of, {
      matchMs: this.matchNowMs(nowMs),
      stirred: stirred.slots(world),
    });
    if (of === "all") stirred.settle();
    return frame;
  }

  /** Takes out of what is known whoever may not be any more as it was at the last call. */
  pollUnkept({ fighters }: KnownBytes): void {
    const { changed } = this.inlet;
    for (const slot of changed.slots(this.world)) fighters.forget(slot);
    changed.settle();
  }

  /** Whether there may be something to give out: events, outcomes and shots never come without it. */
  get isStirred(): boolean {
    return (
      this.stirred.isAnybody ||
      this.hasEvents ||
      this.recordChanged ||
      hasObjectives(this.world) ||
      this.ownCameras.hasFresh
    );
  }

  /** Whether shots or findings wait for their record. */
  get hasWaiting(): boolean {
    return !this.shots.isEmpty || this.findings.count > 0;
  }

  /** Whether nothing happens for so long, if nothing comes in. Cameras move by themselves. */
  isIdleFor(ms: number): boolean {
    if (this.status !== "active" || !this.inlet.isStill || this.inbox.length + this.vacated.length > 0) return false;
    if (this.isAnybodyAway || this.isStirred || this.hasWaiting || this.ownCameras.count > 0) return false;
    return !isTimeUp(this.own, ms);
  }

  /** Whether something was told that nobody has taken yet. */
  get hasEvents(): boolean {
    return this.told.lastTakenSeq < this.told.lastSeq;
  }

  get hasRecordChanged(): boolean {
    return this.recordChanged;
  }

  /** What was told up to here was told by an owner before. */
  handleReopened(lastSeq: number): void {
    this.told.handleReopened(lastSeq);
  }

  /** What the store has is not what the session is: it is to be saved. */
  handleRecordStale(): void {
    this.recordChanged = true;
  }

  /** Tells again, under a new number, what the record told and nobody has published. */
  handleUntold(unixMs: number, body: EventBody): void {
    this.rouse();
    this.tell(body, unixMs);
  }

  /** Whether the record changed by itself (rounds, the end, seats given up) since the last call. */
  pollRecordChanged(): boolean {
    const changed = this.recordChanged;
    this.recordChanged = false;
    return changed;
  }

  private handleGrace(unixMs: number): void {
    if (!this.isAnybodyAway) return;
    this.isAnybodyAway = false;
    const graceMs = this.settings.reconnectGraceSeconds * 1000;
    for (const seat of this.roster.seats) {
      if (seat.connection !== "disconnected") continue;
      this.isAnybodyAway = true;
      seat.graceUsedMs += this.tickMs;
      if (seat.graceUsedMs <= graceMs) continue;
      this.handleLeave(unixMs, seat.playerId);
      this.recordChanged = true;
    }
  }

  /** Steps the world once and tells what happened. */
  private step(inputs: readonly StepInput[], unixMs: number): void {
    const { events, shots, outcomes, still } = this.inlet.step(inputs);
    if (!still) this.handleStep({ events, shots, outcomes }, unixMs);
    this.ownCameras.handleTick(events, this.tickMs);
  }

  private handleStep({ events, shots, outcomes }: Omit<StepResult, "still">, unixMs: number): void {
    this.stirred.stirAll();
    this.shots.handleStep(shots, this.world.tick, this.roster);
    for (const outcome of outcomes) {
      this.outcomes.push(outcome);
      this.damageAnswers.settle(outcome);
    }
    for (const event of events) this.handleSimEvent(event, unixMs);
  }

  /** Changes the world between two ticks and tells what happened. */
  private decide(order: Order, unixMs: number): void {
    this.stirred.stirAll();
    for (const event of this.inlet.decide(order)) this.handleSimEvent(event, unixMs);
  }

  private handleSimEvent(event: SimEvent, unixMs: number): void {
    if (event.kind === "match_ended") {
      this.handleEnd(unixMs, { status: "ended", reason: event.cause, winner: event.winner });
      this.recordChanged = true;
      return;
    }
    if (event.kind === "round_ended") this.recordChanged = true;
    this.tell(tell(event, this.world, this.roster), unixMs);
  }

  private tell(body: EventBody, unixMs: number): void {
    count(this.tally, body);
    this.told.handle(body, { tick: this.world.tick, atUnixMs: unixMs });
  }

  /** Match time now: between the last tick and the next. */
  matchNowMs(nowMs: number): number {
    this.rouse();
    const sinceTickMs = Math.floor(Math.min(this.tickMs, Math.max(0, nowMs - this.tickedAtMs)));
    return this.world.nowMs + sinceTickMs;
  }

  private fighterAt(slot: number): Fighter | null {
    return this.world.fighters[slot] ?? null;
  }
}
