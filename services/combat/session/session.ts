/**
 * Session: one match, sans-IO. Takes joins, sockets' comings and goings, moves, actions and ticks; gives numbered
 * events, changed rows, outcomes and cameras. Time comes in as `nowMs` (monotonic) and `unixMs` (for people).
 * Law: events are numbered without gaps; nobody is hurt but while active; over is over.
 * Changes of the record (joins, leaves, status, settings) are planned in changes.ts, saved by the host, applied here.
 * Not here: rules of the game (sim/), who may ask (rpc/), sockets and stores (host.ts, audience.ts).
 */
import { assert } from "#kit/assert.ts";
import { no, ok, type Problem, problem, type Result } from "#wire/problem.ts";
import { ACTIONS_PER_TICK_MAX, DAMAGE_PER_TICK_MAX, MOVES_PER_TICK_MAX } from "../limits.ts";
import { MAPS } from "../sim/content.ts";
import type { SimEvent } from "../sim/events.ts";
import type { Action, ActionRefusal, Hit, Move, MoveVerdict, Order, Outcome, StepInput } from "../sim/inputs.ts";
import { applyMove } from "../sim/movement.ts";
import { decide, step } from "../sim/step.ts";
import { createWorld, type Fighter, type Point, type Rules, type World } from "../sim/world.ts";
import { FrameSource, keyframe, type StateFrame } from "../snapshot/frame.ts";
import { Cameras } from "./cameras.ts";
import { DamageAnswers } from "./damage-answers.ts";
import { withoutSlot } from "./inbox.ts";
import { isOver } from "./lifecycle.ts";
import type { ActionOrder, DamageOrder, MoveOrder } from "./orders.ts";
import { Roster, type Seat } from "./roster.ts";
import type { EventBody, SessionEvent } from "./session-events.ts";
import type { EndReason, SessionSettings, SessionStatus } from "./settings.ts";
import { teamOf, teamsOf, tell } from "./tell.ts";

export type SessionStart = {
  id: string;
  hostPlayerId: string;
  seed: number;
  epoch: number;
  version: number;
  createdAtMs: number;
  settings: SessionSettings;
};

/** What became of an action. */
export type ActionOutcome =
  | { kind: "refused"; reason: ActionRefusal | "unsupported_action"; cooldownMs: number; ammunition: number }
  | {
      kind: "done";
      cooldownMs: number;
      ammunition: number;
      hit: (Omit<Hit, "target"> & { targetId: string | null }) | null;
    };

export type SessionMoveVerdict =
  | MoveVerdict
  | { ok: false; check: "paused"; position: Point; measured: 0; threshold: 0 };

export class Session {
  readonly id: string;
  readonly hostPlayerId: string;
  readonly seed: number;
  readonly epoch: number;
  readonly createdAtMs: number;
  readonly settings: SessionSettings;
  readonly roster = new Roster();
  readonly world: World;
  readonly cameras: Cameras;
  /** Of the record as it was last saved. */
  version: number;
  status: SessionStatus = "waiting";
  startedAtMs: number | null = null;
  endedAtMs: number | null = null;
  endReason: EndReason | null = null;
  winnerTeamId: string | null = null;
  /** Figures of those who left, by player: their fighters are gone. */
  readonly figuresOfLeft = new Map<string, Fighter>();

  private readonly frames = new FrameSource();
  private inbox: StepInput[] = [];
  private events: SessionEvent[] = [];
  private outcomes: Outcome[] = [];
  private lastSeq = 0;
  private nextInputId = 1;
  private tickedAtMs: number;
  private recordChanged = false;
  private readonly inputCounts: { moves: number; actions: number }[] = [];
  private damageCount = 0;
  private readonly damageAnswers = new DamageAnswers();

  constructor(start: SessionStart, nowMs: number) {
    this.id = start.id;
    this.hostPlayerId = start.hostPlayerId;
    this.seed = start.seed;
    this.epoch = start.epoch;
    this.version = start.version;
    this.createdAtMs = start.createdAtMs;
    this.settings = start.settings;
    this.tickedAtMs = nowMs;
    const map = MAPS[start.settings.mapId];
    assert(map !== undefined, `map ${start.settings.mapId} exists`);
    const rules = rulesOf(start.settings);
    this.world = createWorld({ rules, map, seed: start.seed });
    this.cameras = new Cameras(this.world, this.roster);
  }

  get tickMs(): number {
    return 1000 / this.settings.tickRateHz;
  }

  get seqOfLastEvent(): number {
    return this.lastSeq;
  }

  fighter(seat: Seat): Fighter | null {
    return seat.connection === "left" ? (this.figuresOfLeft.get(seat.playerId) ?? null) : this.fighterAt(seat.slot);
  }

  /** All players as frames show them. */
  keyframe(): StateFrame {
    return keyframe(this.world);
  }

  /** A seat is taken: its fighter stands at a spawn point at once. */
  handleSeat(unixMs: number, seat: Omit<Seat, "side">): Seat {
    const placed = this.roster.sit(seat);
    this.figuresOfLeft.delete(seat.playerId);
    this.frames.forget(placed.slot);
    this.decide({ kind: "add", slot: placed.slot, side: placed.side }, unixMs);
    this.tell({ kind: "player_joined", playerId: placed.playerId, teamId: placed.teamId, slot: placed.slot }, unixMs);
    return placed;
  }

  /** A player leaves for good; the figures stay. */
  handleLeave(unixMs: number, playerId: string): void {
    const seat = this.roster.seat(playerId);
    if (seat === null || seat.connection === "left" || isOver(this.status)) return;
    const fighter = this.fighterAt(seat.slot);
    if (fighter !== null) this.figuresOfLeft.set(playerId, structuredClone(fighter));
    this.tell({ kind: "player_left", playerId }, unixMs);
    this.inbox = this.inbox.map((input) => withoutSlot(input, seat.slot));
    this.decide({ kind: "remove", slot: seat.slot }, unixMs);
    this.roster.leave(seat);
    this.cameras.handlePlayerGone();
  }

  /** A player's socket is there. */
  handleConnect(unixMs: number, seat: Seat): void {
    if (seat.connection === "disconnected") this.tell({ kind: "player_reconnected", playerId: seat.playerId }, unixMs);
    seat.connection = "connected";
    seat.confirmed = true;
    seat.graceUsedMs = 0;
  }

  /** A player's last socket is gone; the seat is kept for the grace. */
  handleDisconnect(unixMs: number, seat: Seat): void {
    if (seat.connection !== "connected") return;
    seat.connection = "disconnected";
    if (!isOver(this.status)) this.tell({ kind: "player_disconnected", playerId: seat.playerId }, unixMs);
  }

  handleStatus(unixMs: number, status: "active" | "paused"): void {
    const before = this.status;
    this.status = status;
    if (status === "paused") return this.tell({ kind: "session_paused" }, unixMs);
    if (before === "paused") return this.tell({ kind: "session_resumed" }, unixMs);
    this.startedAtMs = unixMs;
    this.tell({ kind: "session_started", mapId: this.settings.mapId, gameMode: this.settings.gameMode }, unixMs);
    this.decide({ kind: "start" }, unixMs);
  }

  handleSettings(
    unixMs: number,
    change: { maxRounds: number; timeLimitMinutes: number; allowSpectators: boolean },
  ): void {
    Object.assign(this.settings, change);
    this.decide({ kind: "rules", maxRounds: change.maxRounds, timeLimitMs: change.timeLimitMinutes * 60_000 }, unixMs);
  }

  handleRound(unixMs: number, round: number): void {
    this.decide({ kind: "round", round }, unixMs);
  }

  handleEnd(unixMs: number, end: { status: "ended" | "cancelled"; reason: EndReason; winner: number | null }): void {
    if (isOver(this.status)) return;
    this.status = end.status;
    this.endReason = end.reason;
    this.winnerTeamId = teamOf(end.winner, this.roster);
    this.endedAtMs = unixMs;
    const { endReason: reason, winnerTeamId } = this;
    this.tell({ kind: "session_ended", reason, winnerTeamId, teams: teamsOf(this.world, this.roster) }, unixMs);
  }

  handleMove(nowMs: number, seat: Seat, order: MoveOrder): SessionMoveVerdict | Problem {
    const counts = this.counts(seat.slot);
    if (++counts.moves > MOVES_PER_TICK_MAX) return tooMany("position updates", this.tickMs);
    const fighter = this.fighterAt(seat.slot);
    if (fighter === null || seat.connection === "left") return notPlaying(seat.playerId);
    if (this.status === "paused") {
      return { ok: false, check: "paused", position: { ...fighter.position }, measured: 0, threshold: 0 };
    }
    const move: Move = { ...order, slot: seat.slot, atMs: this.matchNowMs(nowMs) };
    return applyMove(this.world, move);
  }

  /** Takes an action for the next tick; its outcome answers by the number given back, or at once by a refusal. */
  handleAction(seat: Seat, order: ActionOrder): Result<number | ActionOutcome> {
    if (++this.counts(seat.slot).actions > ACTIONS_PER_TICK_MAX) return no(tooMany("actions", this.tickMs));
    const fighter = this.fighterAt(seat.slot);
    if (fighter === null || seat.connection === "left") return no(notPlaying(seat.playerId));
    const refused = (reason: ActionRefusal | "unsupported_action"): Result<ActionOutcome> =>
      ok({ kind: "refused", reason, cooldownMs: 0, ammunition: fighter.magazine[fighter.weapon] });
    if (this.status !== "active") return refused("not_active");
    const deed = this.deedOf(order);
    if (typeof deed === "string") return refused(deed);
    const id = this.nextInputId++;
    this.inbox.push({ kind: "action", id, slot: seat.slot, seq: order.seq, clientTick: order.clientTick, do: deed });
    return ok(id);
  }

  /** The order in the simulation's words, or why there is none. */
  private deedOf(order: ActionOrder): Action["do"] | "unknown_target" | "unsupported_action" {
    if (order.type === "reload") return { type: "reload" };
    if (order.type === "switch_weapon" && order.weapon !== null) return { type: "switch_weapon", weapon: order.weapon };
    if (order.type !== "attack") return "unsupported_action";
    if (order.direction !== null) {
      return { type: "attack", weapon: order.weapon, aim: { kind: "direction", direction: order.direction } };
    }
    const target = order.targetId === null ? null : this.roster.seat(order.targetId);
    if (target === null || target.connection === "left") return "unknown_target";
    return { type: "attack", weapon: order.weapon, aim: { kind: "target", slot: target.slot } };
  }

  /** Takes damage for the next tick; the same key again gets the same answer, not the same damage twice. */
  handleDamage(order: DamageOrder, key: string | null): Result<number | Outcome> {
    const known = this.damageAnswers.known(key);
    if (known !== null) return known === "underway" ? no(stillUnderway()) : ok(known);
    if (this.status !== "active") {
      const message = "Damage is dealt in active sessions only";
      return no(problem("INVALID_STATE_TRANSITION", message, { status: this.status }));
    }
    if (++this.damageCount > DAMAGE_PER_TICK_MAX) return no(tooMany("damage calls", this.tickMs));
    const target = this.roster.seat(order.targetId);
    if (target === null || target.connection === "left") return no(notPlaying(order.targetId));
    const by = order.attackerId === null ? null : this.roster.seat(order.attackerId);
    if (order.attackerId !== null && (by === null || by.connection === "left")) return no(notPlaying(order.attackerId));
    const { damage, damageType, weapon, headshot } = order;
    const id = this.nextInputId++;
    const hit = { damage, damageType, weapon, headshot, by: by?.slot ?? null, target: target.slot };
    this.inbox.push({ kind: "damage", id, ...hit });
    if (key !== null) this.damageAnswers.begin(id, key);
    return ok(id);
  }

  /** One tick of the match, unless it stands still. */
  handleTick(nowMs: number, unixMs: number): void {
    for (const counts of this.inputCounts) counts.moves = counts.actions = 0;
    this.damageCount = 0;
    this.tickedAtMs = nowMs;
    if (this.status === "paused" || isOver(this.status)) return;
    const inputs = this.inbox;
    this.inbox = [];
    this.step(inputs, unixMs);
    this.handleGrace(unixMs);
  }

  pollEvents(): SessionEvent[] {
    const told = this.events;
    if (told.length > 0) this.events = [];
    return told;
  }

  pollOutcomes(): Outcome[] {
    const told = this.outcomes;
    if (told.length > 0) this.outcomes = [];
    return told;
  }

  pollChanges(): StateFrame | null {
    return this.frames.pollChanges(this.world);
  }

  /** Whether the record changed by itself (rounds, the end, seats given up) since the last call. */
  pollRecordChanged(): boolean {
    const changed = this.recordChanged;
    this.recordChanged = false;
    return changed;
  }

  /** Whether everyone who was listed is connected, so that the match may begin by itself. */
  wantsStart(): boolean {
    if (this.status !== "waiting" || !this.settings.autoStart) return false;
    const listed = this.roster.seats.filter((seat) => seat.listed && seat.connection !== "left");
    const all = listed.length > 0 && listed.every((seat) => seat.connection === "connected");
    return all && this.problemWithStart() === null;
  }

  /** Why the match cannot begin yet, or null. */
  problemWithStart(): Problem | null {
    const sides = new Set(this.roster.sitting().map((seat) => seat.side));
    if (sides.size >= 2) return null;
    const needs = this.settings.gameMode === "deathmatch" ? "two players" : "players in two teams";
    return problem("INVALID_STATE_TRANSITION", `A session needs ${needs} to start`, {
      field: "status",
      players: this.roster.sitting().length,
      teams: sides.size,
    });
  }

  private handleGrace(unixMs: number): void {
    const graceMs = this.settings.reconnectGraceSeconds * 1000;
    for (const seat of this.roster.seats) {
      if (seat.connection !== "disconnected") continue;
      seat.graceUsedMs += this.tickMs;
      if (seat.graceUsedMs <= graceMs) continue;
      this.handleLeave(unixMs, seat.playerId);
      this.recordChanged = true;
    }
  }

  /** Steps the world once and tells what happened. */
  private step(inputs: readonly StepInput[], unixMs: number): void {
    const { events, outcomes } = step(this.world, inputs);
    for (const outcome of outcomes) {
      this.outcomes.push(outcome);
      this.damageAnswers.settle(outcome);
    }
    for (const event of events) this.handleSimEvent(event, unixMs);
    this.cameras.handleTick(events, this.tickMs);
  }

  /** Changes the world between two ticks and tells what happened. */
  private decide(order: Order, unixMs: number): void {
    for (const event of decide(this.world, order)) this.handleSimEvent(event, unixMs);
  }

  /** An outcome of the simulation by the players' names. */
  actionOutcome(outcome: Exclude<Outcome, { kind: "damage" }>): ActionOutcome {
    if (outcome.kind === "refused") return outcome;
    const { cooldownMs, ammunition, hit } = outcome;
    if (hit === null) return { kind: "done", cooldownMs, ammunition, hit: null };
    const { target, ...rest } = hit;
    const targetId = target === null ? null : (this.roster.seatAt(target)?.playerId ?? null);
    return { kind: "done", cooldownMs, ammunition, hit: { ...rest, targetId } };
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
    this.lastSeq += 1;
    const { id: sessionId, epoch } = this;
    this.events.push({ sessionId, epoch, seq: this.lastSeq, tick: this.world.tick, atUnixMs: unixMs, body });
  }

  /** Match time now: between the last tick and the next. */
  private matchNowMs(nowMs: number): number {
    const sinceTickMs = Math.floor(Math.min(this.tickMs, Math.max(0, nowMs - this.tickedAtMs)));
    return this.world.nowMs + sinceTickMs;
  }

  private fighterAt(slot: number): Fighter | null {
    return this.world.fighters[slot] ?? null;
  }

  private counts(slot: number): { moves: number; actions: number } {
    while (this.inputCounts.length <= slot) this.inputCounts.push({ moves: 0, actions: 0 });
    return this.inputCounts[slot]!;
  }
}

function rulesOf(settings: SessionSettings): Rules {
  const { gameMode: mode, tickRateHz, maxRounds, scoreLimit, friendlyFire } = settings;
  assert(mode === "deathmatch" || mode === "team_deathmatch", "decode.ts lets only played modes through");
  const timeLimitMs = settings.timeLimitMinutes * 60_000;
  const respawnMs = Math.round(settings.respawnSeconds * 1000);
  return { mode, tickRateHz, maxRounds, timeLimitMs, scoreLimit, respawnMs, friendlyFire };
}

function notPlaying(playerId: string): Problem {
  return problem("PARTICIPANT_NOT_FOUND", `Player '${playerId}' does not play in this session`, {
    player_id: playerId,
  });
}

function stillUnderway(): Problem {
  return problem("UNAVAILABLE", "The same damage is being dealt; ask again", { retry_after_ms: 100 });
}

function tooMany(what: string, tickMs: number): Problem {
  const details = { retry_after_ms: Math.ceil(tickMs) };
  return problem("RATE_LIMITED", `Too many ${what} between two ticks; send fewer`, details);
}
