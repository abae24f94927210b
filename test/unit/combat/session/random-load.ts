/**
 * Random load: calls of every kind on sessions wherever they are hosted, and a ledger of what was answered, refused and
 * left open. Not a test itself.
 * One call of a session is under way at a time; when its process dies it is open forever: both outcomes are right then.
 */
import { type Change, planEnd, planLeave, planSeat, planSettings, planStatus } from "#combat/session/changes.ts";
import type { Hosted } from "#combat/session/hosted.ts";
import { isOver } from "#combat/session/lifecycle.ts";
import { recordOf } from "#combat/session/record.ts";
import { Session } from "#combat/session/session.ts";
import type { SessionEvent } from "#combat/session/session-events.ts";
import type { SessionRecord } from "#combat/stores/session-store.ts";
import { nextBelow, type Rng } from "#kit/rng.ts";
import type { Result } from "#wire/problem.ts";
import { blow, must, settingsOf } from "./fixture.ts";
import type { Process, Stores } from "./processes.ts";

type Aspect = string;

/** What may be true of one session by what was answered. */
export class Account {
  readonly sessionId: string;
  /** The call that creates it was answered. */
  isCreated = false;
  /** By aspect ("seat ann", "status", "rounds"): every value that no answer contradicts. */
  readonly may = new Map<Aspect, Set<string>>();
  /** Damage that was answered, by key: the answer. */
  readonly damage = new Map<string, { lost: number; health: number; killed: boolean }>();
  busyWith: Process | null = null;

  constructor(sessionId: string) {
    this.sessionId = sessionId;
  }

  is(aspect: Aspect, value: string): void {
    this.may.set(aspect, new Set([value]));
  }

  mayBe(aspect: Aspect, value: string): void {
    this.may.set(aspect, new Set([...(this.may.get(aspect) ?? []), value]));
  }
}

export class RandomLoad {
  readonly accounts = new Map<string, Account>();
  private readonly stores: Stores;
  private readonly rng: Rng;
  private keys = 0;

  constructor(stores: Stores, rng: Rng) {
    this.stores = stores;
    this.rng = rng;
  }

  /** Some calls; who was busy with a call in a process that died is free again. */
  give(process: Process, calls: number): void {
    for (const account of this.accounts.values()) if (account.busyWith?.isDead) account.busyWith = null;
    process.watchAll(this.accounts.keys());
    for (let given = 0; given < calls; given++) this.call(process);
  }

  private call(process: Process): void {
    if (process.isDead || process.stands !== null) return;
    const { rng } = this;
    if (this.accounts.size < 3 && nextBelow(rng, 6) === 0) return this.create(process);
    const account = [...this.accounts.values()][nextBelow(rng, Math.max(1, this.accounts.size))];
    const hosted = account === undefined ? null : process.host.find(account.sessionId);
    if (account === undefined || hosted === null || isOver(hosted.session.status)) return;
    if (nextBelow(rng, 3) > 0) this.hurt(process, account, hosted);
    else if (account.busyWith === null) this.change(process, account, hosted);
  }

  private create(process: Process): void {
    const id = `session-${this.accounts.size}`;
    const account = new Account(id);
    this.accounts.set(id, account);
    const time = { nowMs: this.stores.clock.nowMs(), unixMs: this.stores.clock.unixMs() };
    const settings = settingsOf({ maxPlayers: 6, reconnectGraceSeconds: 600, scoreLimit: 3, maxRounds: 3 });
    const of = { id, hostPlayerId: "host", seed: 7, epoch: 1, version: 1, createdAtMs: time.unixMs, lastSeq: 0 };
    const session = new Session({ ...of, owner: process.owner, settings }, time.nowMs);
    for (const playerId of ["ann", "bob"]) {
      const request = { playerId, teamId: null, listed: false, key: null, newTeamId: `team-${playerId}` };
      must(planSeat(session, { ...request, unixMs: time.unixMs })).apply(time);
      account.is(`seat ${playerId}`, "in");
    }
    account.is("status", "waiting");
    account.is("rounds", String(settings.maxRounds));
    const record = recordOf(session);
    const told = record.participants.map(({ playerId, teamId, slot }) => {
      return { kind: "player_joined", playerId, teamId, slot } as const;
    });
    void process.sessions.create(record, null, told).then(() => {
      process.host.adopt(session);
      account.isCreated = true;
    });
  }

  private hurt(process: Process, account: Account, hosted: Hosted): void {
    const { session, awaiting } = hosted;
    const sitting = session.roster.sitting();
    if (sitting.length === 0) return;
    const target = sitting[nextBelow(this.rng, sitting.length)]!;
    const by = sitting[nextBelow(this.rng, sitting.length)]!;
    const key = `key-${++this.keys}`;
    const damage = 1_000 + nextBelow(this.rng, 6_000);
    const asked = session.handleDamage(blow(target.playerId, { attackerId: by.playerId, damage }), key);
    if (!asked.ok || typeof asked.value !== "number") return;
    awaiting.set(asked.value, (outcome) => {
      // Damage that took nothing changed nothing: that answer is not kept.
      if (process.isDead || outcome.kind !== "damage" || outcome.lost === 0) return;
      account.damage.set(key, { lost: outcome.lost, health: outcome.health, killed: outcome.killed });
    });
  }

  private change(process: Process, account: Account, hosted: Hosted): void {
    const { session } = hosted;
    const { rng } = this;
    const unixMs = this.stores.clock.unixMs();
    const playerId = ["ann", "bob", "cid", "dan", "eve"][nextBelow(rng, 5)]!;
    const seat = session.roster.seat(playerId);
    const sits = seat !== null && seat.connection !== "left";
    const rounds = 3 + nextBelow(rng, 4);
    const request = { playerId, teamId: null, listed: false, key: null, newTeamId: `team-${playerId}`, unixMs };
    const join = { aspect: `seat ${playerId}`, value: "in", plan: () => planSeat(session, request) };
    const leave = { aspect: `seat ${playerId}`, value: "out", plan: () => planLeave(session, playerId) };
    const start = { aspect: "status", value: "active", plan: () => planStatus(session, "active", unixMs) };
    const pause = { aspect: "status", value: "paused", plan: () => planStatus(session, "paused", unixMs) };
    const none = { timeLimitMinutes: null, allowSpectators: null, currentRound: null };
    const set = {
      aspect: "rounds",
      value: String(rounds),
      plan: () => planSettings(session, { ...none, maxRounds: rounds }),
    };
    const end = {
      aspect: "status",
      value: "ended",
      plan: () => planEnd(session, { status: "ended", reason: "cancelled" }, unixMs),
    };
    const seldom = nextBelow(rng, 12) === 0 ? end : start;
    const call = [sits ? leave : join, sits ? set : join, start, start, pause, set, seldom][nextBelow(rng, 7)]!;
    this.ask(process, account, { ...call, hosted });
  }

  /** Both may be true until it is answered. */
  private ask(
    process: Process,
    account: Account,
    call: { hosted: Hosted; aspect: Aspect; value: string; plan: () => Result<Change<unknown>> },
  ): void {
    const before = account.may.get(call.aspect) ?? new Set(["out"]);
    account.busyWith = process;
    account.may.set(call.aspect, new Set([...before, call.value]));
    void process.host.change(call.hosted, call.plan).then(
      (result) => {
        if (process.isDead) return;
        account.busyWith = null;
        if (result.ok) account.is(call.aspect, call.value);
        else account.may.set(call.aspect, before);
      },
      () => {
        account.busyWith = null; // Unknown.
      },
    );
  }
}

/** A session's seats and status as its events tell them, with everybody's health and falls. */
export function foldedOf(events: readonly SessionEvent[]) {
  const players = new Map<string, { teamId: string; left: boolean; health: number; deaths: number }>();
  let status = "waiting";
  let round = 0;
  for (const { body } of events) {
    const at = (playerId: string) => players.get(playerId) ?? { teamId: "", left: false, health: 10_000, deaths: 0 };
    if (body.kind === "player_joined") {
      // Who left and comes again is down until it is told to be back.
      const health = players.has(body.playerId) && round > 0 ? 0 : 10_000;
      players.set(body.playerId, { ...at(body.playerId), teamId: body.teamId, left: false, health });
    }
    if (body.kind === "player_left") players.set(body.playerId, { ...at(body.playerId), left: true });
    if (body.kind === "player_respawned" && players.has(body.playerId)) {
      players.set(body.playerId, { ...at(body.playerId), health: 10_000 });
    }
    if (body.kind === "damage_dealt") players.set(body.targetId, { ...at(body.targetId), health: body.health });
    if (body.kind === "player_killed") {
      players.set(body.victimId, { ...at(body.victimId), deaths: at(body.victimId).deaths + 1 });
    }
    if (body.kind === "session_started" || body.kind === "session_resumed") status = "active";
    if (body.kind === "session_paused") status = "paused";
    if (body.kind === "session_ended") status = "over";
    if (body.kind === "round_started") round = body.round;
  }
  return { players: Object.fromEntries(players), status, round };
}

/** The same, as the session has it. */
export function foldOf(session: Session) {
  const players = session.roster.seats.map((seat) => {
    const { health = 0, deaths = 0 } = session.fighter(seat) ?? {};
    return [seat.playerId, { teamId: seat.teamId, left: seat.connection === "left", health, deaths }] as const;
  });
  const status = isOver(session.status) ? "over" : session.status;
  return { players: Object.fromEntries(players), status, round: session.world.round };
}

export function seatsIn({ participants }: SessionRecord): Map<string, string> {
  return new Map(participants.map(({ playerId, connection }) => [playerId, connection === "left" ? "out" : "in"]));
}
