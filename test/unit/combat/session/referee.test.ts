/** The referee: what a session gives out is decided elsewhere, once, and no tick waits for it. */
import { describe, expect, test } from "vitest";
import { answered, unanswered } from "#combat/related/answer.ts";
import type { DamageAsked, DamageService } from "#combat/related/damage.ts";
import { Referee } from "#combat/session/referee.ts";
import { sessionOf, stateOf } from "#combat/session/state.ts";
import { hashWorld } from "#combat/sim/hash.ts";
import { decodeState, encodeState } from "#combat/stores/state-codec.ts";
import { silentLog } from "#kit/log.ts";
import { must, OWNER, Stage, TICK_MS } from "./fixture.ts";

/** Answers when the test says so. */
class SlowDamage implements DamageService {
  readonly isElsewhere = true;
  readonly asked: DamageAsked[] = [];
  private readonly answers: ((answer: Awaited<ReturnType<DamageService["compute"]>>) => void)[] = [];

  compute(asked: DamageAsked): ReturnType<DamageService["compute"]> {
    this.asked.push(asked);
    return new Promise((resolve) => this.answers.push(resolve));
  }

  /** Of the oldest question: this much, or nothing. */
  async answer(damage: number | null): Promise<void> {
    const decided = damage === null ? unanswered("late") : answered({ damage, mitigation: 0, critical: false });
    this.answers.shift()?.(decided);
    await Promise.resolve();
    await Promise.resolve();
  }

  close(): void {}
}

class Duel {
  readonly damage = new SlowDamage();
  readonly referee = new Referee({ damage: this.damage, log: silentLog });
  readonly stage = new Stage();

  constructor() {
    this.referee.handleAdopted(this.stage.session, 0);
    this.stage.startDuel();
    const [ann, bob] = this.stage.session.world.fighters;
    ann!.position = { x: 1_000, y: 1_000, z: 0 };
    bob!.position = { x: 2_000, y: 1_000, z: 0 };
    this.stage.session.pollEvents();
  }

  shoot(by = "ann", at = "bob"): number {
    const { session } = this.stage;
    const aim = { weapon: null, direction: null, targetId: at, clientTick: null, clientMs: null };
    const order = { seq: 0, type: "attack", ...aim } as never;
    const taken = must(this.stage.act(session.roster.seat(by)!, order));
    if (typeof taken !== "number") throw new Error(`refused: ${JSON.stringify(taken)}`);
    return taken;
  }

  tick(): void {
    const { session, clock } = this.stage;
    clock.advance(TICK_MS);
    session.handleTick(clock.nowMs(), clock.unixMs());
    this.referee.handleTick(session);
  }

  get hurt() {
    return this.stage.session
      .pollEvents()
      .flatMap(({ body }) => (body.kind === "damage_dealt" ? [{ damage: body.damage, by: body.decidedBy }] : []));
  }
}

test("a hit is asked about by the players' names, and the answer is dealt with the tick after it came", async () => {
  const duel = new Duel();
  const id = duel.shoot();
  duel.tick();
  expect(duel.damage.asked).toMatchObject([
    { sessionId: "session", attackerId: "ann", targetId: "bob", base: 2_275, damageType: "bullet", headshot: false },
  ]);
  expect(duel.stage.session.pollOutcomes()).toEqual([]);
  duel.tick();
  expect(duel.hurt).toEqual([]);
  await duel.damage.answer(4_000);
  expect(duel.hurt).toEqual([]);
  duel.tick();
  expect(duel.hurt).toEqual([{ damage: 4_000, by: "damage_service" }]);
  expect(duel.stage.session.pollOutcomes()).toMatchObject([{ kind: "done", id, hit: { damage: 4_000 } }]);
  duel.tick();
  expect(duel.damage.asked.length).toBe(1);
});

test("without an answer the sum is our own, and says so", async () => {
  const duel = new Duel();
  duel.shoot();
  duel.tick();
  await duel.damage.answer(null);
  duel.tick();
  expect(duel.hurt).toEqual([{ damage: 2_275, by: "fallback" }]);
});

test("an answer that comes in a pause is dealt when it is over", async () => {
  const duel = new Duel();
  duel.shoot();
  duel.tick();
  duel.stage.status("paused");
  await duel.damage.answer(1_000);
  duel.tick();
  expect(duel.hurt).toEqual([]);
  duel.stage.status("active");
  duel.tick();
  expect(duel.hurt).toEqual([{ damage: 1_000, by: "damage_service" }]);
});

test("of a shooter who left before the blow was asked about nobody is asked, and our own sum decides", () => {
  const duel = new Duel();
  duel.stage.seat("cid");
  duel.shoot();
  const { session, clock } = duel.stage;
  clock.advance(TICK_MS);
  session.handleTick(clock.nowMs(), clock.unixMs());
  session.handleLeave(clock.unixMs(), "ann");
  duel.referee.handleTick(session);
  expect(duel.damage.asked).toEqual([]);
  duel.tick();
  expect(duel.hurt).toEqual([{ damage: 2_275, by: "fallback" }]);
});

describe("another owner", () => {
  function takeover(duel: Duel): { session: Stage["session"]; damage: SlowDamage; referee: Referee } {
    const { session, clock } = duel.stage;
    const kept = decodeState(encodeState(stateOf(session)));
    const copy = sessionOf(kept, { epoch: 2, owner: OWNER }, clock.nowMs());
    expect(hashWorld(copy.world)).toBe(hashWorld(session.world));
    const damage = new SlowDamage();
    const referee = new Referee({ damage, log: silentLog });
    referee.handleAdopted(copy, 0);
    return { session: copy, damage, referee };
  }

  test("asks again about what was open, and deals what it is answered", async () => {
    const duel = new Duel();
    duel.shoot();
    duel.tick();
    const { session, damage, referee } = takeover(duel);
    const { clock } = duel.stage;
    const tick = () => {
      clock.advance(TICK_MS);
      session.handleTick(clock.nowMs(), clock.unixMs());
      referee.handleTick(session);
    };
    tick();
    expect(damage.asked).toMatchObject([{ attackerId: "ann", targetId: "bob" }]);
    await damage.answer(3_000);
    tick();
    expect(session.world.fighters[1]?.health).toBe(7_000);
    expect(session.pollOutcomes()).toEqual([]); // Who waited for the receipt went with the old owner.
    expect(session.world.fighters[0]?.shotsHit).toBe(1);
  });

  test("without a damage service gives nothing out any more", () => {
    const duel = new Duel();
    const { session } = takeover(duel);
    new Referee({ damage: { ...duel.damage, isElsewhere: false } as never, log: silentLog }).handleAdopted(session, 0);
    expect(session.world.rulings.outside).toBe(false);
  });
});
