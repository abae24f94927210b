/** Acts: an ability is played as it was granted, refused as it was denied, and judged by when it came. */
import { describe, expect, test } from "vitest";
import { type AbilitiesService, type AbilityVerdict, BY_THE_TABLE } from "#combat/related/abilities.ts";
import { type Answer, answered, unanswered } from "#combat/related/answer.ts";
import { ActionGate } from "#combat/session/action-gate.ts";
import type { ActionOutcome } from "#combat/session/action-outcome.ts";
import { Acts } from "#combat/session/acts.ts";
import { answerAll, type Hosted, hostedOf } from "#combat/session/hosted.ts";
import type { ActionOrder } from "#combat/session/orders.ts";
import { ABILITIES } from "#combat/sim/content/abilities.ts";
import { silentLog } from "#kit/log.ts";
import type { Result } from "#wire/problem.ts";
import { FakeEncoder, Stage, TICK_MS } from "./fixture.ts";

const PLAIN = { weapon: null, direction: null, targetId: null, clientTick: null, clientMs: null };
const dash: ActionOrder = { seq: 1, type: "ability", abilityId: "dash", ...PLAIN };
const reload: ActionOrder = { seq: 2, type: "reload", ...PLAIN };

class Duel {
  readonly stage = new Stage();
  readonly hosted: Hosted;
  readonly acts: Acts;
  readonly asked: string[] = [];
  readonly results: Result<ActionOutcome>[] = [];
  private answers: ((answer: Answer<AbilityVerdict>) => void)[] = [];

  constructor() {
    this.stage.startDuel();
    this.hosted = hostedOf(this.stage.session, new FakeEncoder(), { nowMs: 0, keptSeq: null });
    const abilities: AbilitiesService = {
      isElsewhere: true,
      authorize: ({ abilityId }) => {
        this.asked.push(abilityId);
        return new Promise((resolve) => this.answers.push(resolve));
      },
      close() {},
    };
    this.acts = new Acts({ gate: new ActionGate({ abilities, log: silentLog }), clock: this.stage.clock });
  }

  ask(order: ActionOrder, playerId = "ann"): void {
    this.acts.handle(this.hosted, { playerId, order, rttMs: null }, (result) => this.results.push(result));
  }

  async answer(answer: Answer<AbilityVerdict>): Promise<void> {
    this.answers.shift()?.(answer);
    for (let turn = 0; turn < 3; turn++) await Promise.resolve();
  }

  /** Who decided on each use that was told. */
  usedBy() {
    return this.stage.session
      .pollEvents()
      .flatMap(({ body }) => (body.kind === "ability_used" ? [body.decidedBy] : []));
  }

  /** Plays a tick and gives out what it answers. */
  tick(): void {
    const { session, clock } = this.stage;
    clock.advance(TICK_MS);
    session.handleTick(clock.nowMs(), clock.unixMs());
    for (const outcome of session.pollOutcomes()) {
      const answer = this.hosted.awaiting.get(outcome.id);
      this.hosted.awaiting.delete(outcome.id);
      answer?.(outcome);
    }
  }
}

test("granted: it costs what the service said, and the next comes when the service said", async () => {
  const duel = new Duel();
  duel.ask(dash);
  await duel.answer(answered({ allowed: true, grant: { cost: 700, cooldownMs: 60_000 } }));
  duel.tick();
  expect(duel.results).toMatchObject([{ ok: true, value: { kind: "done", used: { cost: 700 } } }]);
  expect(duel.asked).toEqual(["dash"]);
  expect(duel.usedBy()).toEqual(["abilities_service"]);
});

test("denied: refused with the service's reason, and nothing of it happens", async () => {
  const duel = new Duel();
  duel.ask(dash);
  await duel.answer(answered({ allowed: false, reason: "not_learnt", cooldownMs: 250 }));
  expect(duel.results).toEqual([
    { ok: true, value: { kind: "denied", reason: "not_learnt", cooldownMs: 250, ammunition: 30 } },
  ]);
  duel.tick();
  expect(duel.stage.session.world.fighters[0]?.effects).toEqual([]);
});

test("without an answer it costs what the table says", async () => {
  const duel = new Duel();
  duel.ask(dash);
  await duel.answer(unanswered("late"));
  duel.tick();
  expect(duel.results).toMatchObject([{ value: { kind: "done", used: { cost: ABILITIES.dash.cost } } }]);
  expect(duel.usedBy()).toEqual(["fallback"]);
});

test("what comes after it is carried out after it, and both are judged by when they came", async () => {
  const duel = new Duel();
  const { world } = duel.stage.session;
  world.fighters[0]!.magazine.assault_rifle = 1;
  duel.tick();
  const cameAtMs = world.nowMs;
  duel.ask(dash);
  duel.ask(reload);
  duel.tick();
  duel.tick();
  expect(duel.results).toEqual([]);
  await duel.answer(answered(BY_THE_TABLE));
  const waiting = (duel.stage.session as unknown as { inbox: { atMs: number; do: { type: string } }[] }).inbox;
  expect(waiting.map((input) => [input.do.type, input.atMs])).toEqual([
    ["ability", cameAtMs],
    ["reload", cameAtMs],
  ]);
  duel.tick();
  expect(duel.results).toMatchObject([{ value: { kind: "done" } }, { value: { kind: "done" } }]);
});

describe("nobody is asked", () => {
  test.each([
    { name: "about what is no ability", order: reload, status: "active" as const },
    {
      name: "about an ability nobody knows",
      order: { ...dash, abilityId: "orbital_strike" },
      status: "active" as const,
    },
    { name: "in a pause", order: dash, status: "paused" as const },
  ])("$name", ({ order, status }) => {
    const duel = new Duel();
    if (status === "paused") duel.stage.status("paused");
    duel.ask(order);
    duel.tick();
    expect(duel.asked).toEqual([]);
    expect(duel.results.length).toBe(1);
  });
});

test("nobody is asked about an ability that is far from ready; soon enough before it is, the service is", () => {
  const duel = new Duel();
  const fighter = duel.stage.session.world.fighters[0]!;
  const ready = (inMs: number) => {
    fighter.spent = [{ ability: "shield", charges: 0, nextAtMs: duel.stage.session.world.nowMs + inMs }];
  };
  ready(5_000);
  duel.ask({ ...dash, abilityId: "shield" });
  duel.tick();
  expect(duel.results).toMatchObject([{ value: { kind: "refused", reason: "cooldown" } }]);
  expect(duel.asked).toEqual([]);
  ready(TICK_MS);
  duel.ask({ ...dash, abilityId: "shield" });
  expect(duel.asked).toEqual(["shield"]);
});

describe("while it was asked about", () => {
  test("the player left: refused", async () => {
    const duel = new Duel();
    duel.stage.seat("cid");
    duel.ask(dash);
    duel.stage.session.handleLeave(0, "ann");
    await duel.answer(answered(BY_THE_TABLE));
    expect(duel.results).toMatchObject([{ ok: false, problem: { error: "PARTICIPANT_NOT_FOUND" } }]);
  });

  test("the session's time stopped: answered all the same", async () => {
    const duel = new Duel();
    duel.ask(dash);
    answerAll(duel.hosted);
    await duel.answer(answered(BY_THE_TABLE));
    expect(duel.results).toMatchObject([{ ok: true, value: { kind: "refused", reason: "not_active" } }]);
  });
});
