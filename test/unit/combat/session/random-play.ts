/**
 * Random play: a session under random commands of every kind, the same for the same seed. Not a test itself.
 * What is refused is refused; what the session tells stays in it until it is polled.
 */
import { planConfirm, planEnd, planLeave, planSettings, planStatus } from "#combat/session/changes.ts";
import { isOver } from "#combat/session/lifecycle.ts";
import type { Seat } from "#combat/session/roster.ts";
import { GAME_MODES, type SessionSettings } from "#combat/session/settings.ts";
import { WEAPON_NAMES } from "#combat/sim/content.ts";
import { USUAL_MODE_RULES } from "#combat/sim/modes/mode-rules.ts";
import { createRng, nextBelow, type Rng } from "#kit/rng.ts";
import type { Result } from "#wire/problem.ts";
import { blow, RELOAD, Stage } from "./fixture.ts";

/** Seeds of a property: some that are always tried, and a new one, which a failure names in its title. */
export function seeds(count: number): number[] {
  return [...Array.from({ length: count }, (_, index) => index + 1), Math.floor(Math.random() * 2 ** 32)];
}

/** A session of random settings, short enough to end often. */
export function randomStage(rng: Rng, id = "session"): Stage {
  const settings: Partial<SessionSettings> = {
    gameMode: GAME_MODES[nextBelow(rng, GAME_MODES.length)]!,
    mapId: "foundry", // It carries every mode.
    modeRules: USUAL_MODE_RULES,
    maxRounds: 1 + nextBelow(rng, 4),
    scoreLimit: 1 + nextBelow(rng, 4),
    timeLimitMinutes: 1 + nextBelow(rng, 60),
    maxPlayers: 2 + nextBelow(rng, 7),
    respawnSeconds: nextBelow(rng, 4) * 0.25,
    reconnectGraceSeconds: nextBelow(rng, 3),
    friendlyFire: nextBelow(rng, 2) === 0,
    allowSpectators: nextBelow(rng, 2) === 0,
    isPrivate: nextBelow(rng, 2) === 0,
  };
  const stage = new Stage(settings, id);
  for (const playerId of ["ann", "bob"]) stage.seat(playerId);
  return stage;
}

export class RandomPlay {
  readonly stage: Stage;
  readonly rng: Rng;
  private keys = 0;
  private seq = 0;

  constructor(seed: number, id = "session") {
    this.rng = createRng(seed);
    this.stage = randomStage(this.rng, id);
  }

  /** Some commands, and a tick now and then. */
  play(commands: number): void {
    for (let given = 0; given < commands; given++) this.command();
  }

  command(): void {
    const { rng } = this;
    const dice = nextBelow(rng, 100);
    if (dice < 30) this.stage.tick(1 + nextBelow(rng, 3));
    else if (dice < 45) this.move();
    else if (dice < 60) this.act();
    else if (dice < 80) this.hurt();
    else if (dice < 92) this.connect();
    else this.change();
  }

  /** A change of the record, saved and applied. */
  change(): void {
    const { stage, rng } = this;
    const { session, clock } = stage;
    const unixMs = clock.unixMs();
    const dice = nextBelow(rng, 12);
    const before = session.version;
    const done = [
      () => this.join({ listed: nextBelow(rng, 2) === 0 }),
      () => this.join({ listed: nextBelow(rng, 2) === 0 }),
      () => this.join({ teamId: `team-${nextBelow(rng, 4)}` }),
      () => stage.carryOut(planLeave(session, this.anybody())),
      () => stage.carryOut(planStatus(session, "active", unixMs)),
      () => stage.carryOut(planStatus(session, "active", unixMs)),
      () => stage.carryOut(planStatus(session, "active", unixMs)),
      () => stage.carryOut(planStatus(session, "paused", unixMs)),
      () => stage.carryOut(planSettings(session, this.settings())),
      () => stage.carryOut(planConfirm(session, this.someSeat(), this.key())),
      () => stage.carryOut(planSettings(session, { ...this.settings(), currentRound: null })),
      () =>
        nextBelow(rng, 20) === 0
          ? stage.carryOut(planEnd(session, { status: "cancelled", reason: "cancelled" }, unixMs))
          : stage.carryOut(planLeave(session, this.anybody())),
    ][dice]!();
    if (done.ok) session.version = before + 1;
  }

  /** Who sits already does not ask for another seat: the calls see to that. */
  private join(rest: { teamId?: string; listed?: boolean }): Result<Seat> {
    const playerId = this.anybody();
    const seat = this.stage.session.roster.seat(playerId);
    if (seat !== null && seat.connection !== "left")
      return this.stage.carryOut(planConfirm(this.stage.session, seat, this.key()));
    return this.stage.join(playerId, rest);
  }

  private settings() {
    const { rng } = this;
    return {
      maxRounds: 1 + nextBelow(rng, 6),
      timeLimitMinutes: nextBelow(rng, 2) === 0 ? null : 1 + nextBelow(rng, 60),
      allowSpectators: nextBelow(rng, 2) === 0 ? null : nextBelow(rng, 2) === 0,
      currentRound: nextBelow(rng, 2) === 0 ? null : 1 + nextBelow(rng, 3),
    };
  }

  private move(): void {
    const { stage, rng } = this;
    const seat = this.someSeat();
    const fighter = stage.session.fighter(seat);
    if (fighter === null || seat.connection === "left") return;
    const { x, y, z } = fighter.position;
    const position = { x: x + nextBelow(rng, 61) - 30, y: y + nextBelow(rng, 61) - 30, z };
    const stance = nextBelow(rng, 2) === 0 ? "crouch" : "stand";
    const looks = { yaw: nextBelow(rng, 36_000), pitch: nextBelow(rng, 16_000) - 8_000, stance } as const;
    stage.session.handleMove(stage.clock.nowMs(), seat, { seq: ++this.seq, position, clientMs: null, ...looks });
  }

  private act(): void {
    const { stage, rng } = this;
    const seat = this.someSeat();
    const weapon = WEAPON_NAMES[nextBelow(rng, WEAPON_NAMES.length)]!;
    const seq = ++this.seq;
    const order = [
      { ...RELOAD, seq },
      { ...RELOAD, seq, type: "switch_weapon", weapon },
      { ...RELOAD, seq, type: "attack", targetId: this.someSeat().playerId },
      { ...RELOAD, seq, type: "attack", direction: { x: 1_000_000, y: 0, z: 0 } },
    ][nextBelow(rng, 4)]!;
    stage.act(seat, order as typeof RELOAD);
  }

  private hurt(): void {
    const { stage, rng } = this;
    const attackerId = nextBelow(rng, 4) === 0 ? null : this.someSeat().playerId;
    const damage = 500 + nextBelow(rng, 6_000);
    const order = blow(this.someSeat().playerId, { attackerId, damage, headshot: nextBelow(rng, 3) === 0 });
    stage.session.handleDamage(order, this.key());
  }

  private connect(): void {
    const { stage, rng } = this;
    const seat = this.someSeat();
    const unixMs = stage.clock.unixMs();
    if (seat.connection === "left" || isOver(stage.session.status)) return;
    if (nextBelow(rng, 3) === 0) stage.session.handleDisconnect(unixMs, seat);
    else stage.session.handleConnect(unixMs, seat);
  }

  private someSeat(): Seat {
    const { seats } = this.stage.session.roster;
    return seats[nextBelow(this.rng, seats.length)]!;
  }

  private anybody(): string {
    return `player-${nextBelow(this.rng, 9)}`;
  }

  private key(): string | null {
    return nextBelow(this.rng, 2) === 0
      ? null
      : `key-${nextBelow(this.rng, 3) === 0 ? nextBelow(this.rng, 9) : ++this.keys}`;
  }
}
