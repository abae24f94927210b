/** Delivery: events are kept before they are shown; nobody waits for another session's events, and poses for none. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { STATE_CONGESTED_MS, STATES_AT_ONCE_MAX } from "#combat/limits.ts";
import type { KeepVerdict } from "#combat/session/copy.ts";
import { Delivery, type Keeping } from "#combat/session/delivery.ts";
import { type Hosted, hostedOf } from "#combat/session/hosted.ts";
import { ManualClock } from "#kit/clock.ts";
import { blow, FakeEncoder, FakeOutlet, must, Stage, viewerOf } from "./fixture.ts";

type Told = Parameters<Keeping["keep"]>[0];

/** Answers when told to. */
class LateKeeper implements Keeping {
  readonly batches: Told[] = [];
  awake = true;
  private readonly waiting: ((verdicts: KeepVerdict[]) => void)[] = [];

  mayShow(): boolean {
    return this.awake;
  }

  keep(told: Told): Promise<KeepVerdict[]> {
    this.batches.push(told);
    return new Promise((accept) => this.waiting.push(accept));
  }

  accept(verdict: KeepVerdict = "kept"): void {
    this.waiting.shift()?.(Array.from({ length: this.batches.at(-1)!.length }, () => verdict));
  }
}

type Show = { stage: Stage; hosted: Hosted; outlet: FakeOutlet };

const FRAME_MS = 20; // A little more than the time between two state frames that leave evenly.

let clock: ManualClock;
let keeper: LateKeeper;
let fenced: Hosted[];
let failed: Hosted[];
let delivery: Delivery;

beforeEach(() => {
  clock = new ManualClock();
  keeper = new LateKeeper();
  fenced = [];
  failed = [];
  delivery = new Delivery(
    { keeper, encoder: new FakeEncoder(), clock },
    {
      handleDelivered: () => {},
      handleFailed: (hosted) => failed.push(hosted),
      handleFenced: (hosted) => fenced.push(hosted),
    },
  );
});

afterEach(async () => {
  const stopped = delivery.stop();
  for (let open = 0; open < 10; open++) {
    keeper.accept();
    await turn();
  }
  await stopped;
  vi.useRealTimers();
});

/** A duel that is running, with one who watches, and nothing left to tell. */
function show(id: string): Show {
  const stage = new Stage({}, id);
  stage.startDuel();
  stage.session.pollEvents();
  stage.session.pollChanges();
  const hosted = hostedOf(stage.session, new FakeEncoder(), { nowMs: 0, keptSeq: 0 });
  const outlet = new FakeOutlet();
  const viewer = viewerOf(outlet, 1, { sessionId: id });
  hosted.audience.add(viewer);
  hosted.audience.enter(viewer, 0);
  return { stage, hosted, outlet };
}

function walk({ stage }: Show): void {
  expect(stage.move(stage.session.roster.seat("ann")!, 1)).toEqual({ ok: true });
}

function hurt({ stage }: Show): number {
  const id = must(stage.session.handleDamage(blow("bob"), null));
  stage.tick();
  return id as number;
}

function kinds(): string[][] {
  return keeper.batches.map((told) => told.flatMap(({ events }) => events.map(({ body }) => body.kind)));
}

function shown({ outlet }: Show): string[] {
  return outlet.broadcasts.map(({ what }) => what);
}

async function turn(): Promise<void> {
  await nextTurn();
  await nextTurn();
}

describe("events", () => {
  test("are shown after they are kept, before the state they led to", async () => {
    const duel = show("one");
    hurt(duel);
    delivery.touch(duel.hosted);
    await turn();
    expect(kinds()).toEqual([["damage_dealt"]]);
    expect(shown(duel)).toEqual([]);
    keeper.accept();
    await turn();
    expect(shown(duel)).toEqual(["damage_dealt", "state"]);
  });

  test("of many sessions in one turn are one batch", async () => {
    const duels = [show("one"), show("two"), show("three")];
    for (const duel of duels) {
      hurt(duel);
      delivery.touch(duel.hosted);
    }
    await turn();
    expect(keeper.batches.map((told) => told.map(({ hosted }) => hosted.session.id))).toEqual([
      ["one", "two", "three"],
    ]);
  });

  test("that come while others are being kept wait; where everybody stands does not", async () => {
    const duel = show("one");
    hurt(duel);
    delivery.touch(duel.hosted);
    await turn();
    hurt(duel);
    walk(duel);
    delivery.touch(duel.hosted);
    clock.advance(FRAME_MS);
    await turn();
    expect(shown(duel)).toEqual(["state"]);
    expect(keeper.batches).toHaveLength(1);
    clock.advance(FRAME_MS);
    keeper.accept();
    await turn();
    expect(keeper.batches).toHaveLength(2);
    expect(shown(duel)).toEqual(["state", "damage_dealt"]);
    clock.advance(FRAME_MS);
    keeper.accept();
    await turn();
    expect(shown(duel).filter((what) => what === "damage_dealt")).toHaveLength(2);
    expect(duel.outlet.broadcasts.map(({ frame }) => frame)).toEqual(shown(duel).map((_, index) => index + 1));
  });

  test("are kept before the health they led to is shown, also when others are kept and shown just then", async () => {
    const duel = show("one");
    const healths: number[] = [];
    const { audience } = duel.hosted;
    audience.broadcastState = ({ players }) => void healths.push(...players.map(({ health }) => health));
    hurt(duel);
    delivery.touch(duel.hosted);
    await turn();
    hurt(duel);
    walk(duel); // Ann has something to show, whatever becomes of Bob's health.
    delivery.touch(duel.hosted);
    for (const seen of [[10_000], [10_000, 8_000]]) {
      clock.advance(FRAME_MS);
      keeper.accept();
      await turn();
      expect(healths).toEqual(seen);
    }
  });

  test("of a session that goes on degraded are shown all the same", async () => {
    const duel = show("one");
    hurt(duel);
    delivery.touch(duel.hosted);
    await turn();
    keeper.accept("degraded");
    await turn();
    expect(shown(duel)).toEqual(["damage_dealt", "state"]);
  });

  test("of a session that somebody else owns are never shown", async () => {
    const duel = show("one");
    hurt(duel);
    delivery.touch(duel.hosted);
    await turn();
    keeper.accept("fenced");
    await turn();
    expect(shown(duel)).toEqual([]);
    expect(fenced).toEqual([duel.hosted]);
  });

  test("told before the end are kept and shown before it", async () => {
    const duel = show("one");
    hurt(duel);
    delivery.touch(duel.hosted);
    const stopped = delivery.stop();
    await turn();
    keeper.accept();
    await stopped;
    expect(shown(duel)).toContain("damage_dealt");
  });
});

describe("shots", () => {
  function fire({ stage }: Show): void {
    const nothing = { target: null, part: null, distanceCm: 0, headshot: false, damage: 0, projectile: null } as const;
    const judged = { tickClaimed: null, tickUsed: 0, rewindMs: 0, capped: false };
    const hit = { struck: "nothing", ...nothing, ...judged } as const;
    const { session } = stage;
    session.shots.handleStep(
      [{ slot: 0, seq: 1, weapon: "smg", answers: true, hit }],
      session.world.tick,
      session.roster,
    );
  }

  test.each([
    { verdict: "kept", told: 1 },
    { verdict: "degraded", told: 1 },
    { verdict: "fenced", told: 0 },
  ] as const)("are for the record once what they did is $verdict: $told", async ({ verdict, told }) => {
    const duel = show("one");
    hurt(duel);
    delivery.touch(duel.hosted);
    await turn();
    fire(duel); // With the next tick, while the one before is being kept.
    hurt(duel);
    delivery.touch(duel.hosted);
    keeper.accept();
    await turn();
    expect(duel.stage.session.shots.count).toBe(0);
    keeper.accept(verdict);
    await turn();
    expect(duel.stage.session.shots.count).toBe(told);
  });
});

test("after a sleep nothing is shown, not even where people stand, until it is known whose the sessions are", async () => {
  const duel = show("one");
  keeper.awake = false;
  walk(duel);
  hurt(duel);
  delivery.touch(duel.hosted);
  await turn();
  expect([shown(duel), keeper.batches.length]).toEqual([[], 0]);
  keeper.awake = true;
  delivery.handleAwake();
  await turn();
  keeper.accept();
  await turn();
  expect(shown(duel)).toEqual(["damage_dealt", "state"]);
});

describe("while one session's events are being kept", () => {
  test("the state of others does not wait", async () => {
    const [fighting, walking] = [show("fighting"), show("walking")];
    hurt(fighting);
    walk(walking);
    delivery.touch(fighting.hosted);
    delivery.touch(walking.hosted);
    await turn();
    expect(shown(walking)).toEqual(["state"]);
    for (let frames = 0; frames < 3; frames++) {
      clock.advance(FRAME_MS);
      walk(walking);
      delivery.touch(walking.hosted);
      await turn();
    }
    expect(shown(walking)).toEqual(["state", "state", "state", "state"]);
    expect(shown(fighting)).toEqual([]);
  });

  test("the events of others are kept, and shown when theirs are accepted", async () => {
    const [first, second] = [show("first"), show("second")];
    hurt(first);
    delivery.touch(first.hosted);
    await turn();
    hurt(second);
    delivery.touch(second.hosted);
    await turn();
    expect(keeper.batches.map((told) => told[0]?.hosted.session.id)).toEqual(["first", "second"]);
    expect([shown(first), shown(second)]).toEqual([[], []]);
    keeper.accept();
    await turn();
    expect(shown(first)).toEqual(["damage_dealt", "state"]);
    expect(shown(second)).toEqual([]);
  });
});

test("an outcome is answered once, when what it caused is kept", async () => {
  const duel = show("one");
  const id = hurt(duel);
  const answers: unknown[] = [];
  duel.hosted.awaiting.set(id, (outcome) => answers.push(outcome));
  delivery.touch(duel.hosted);
  await turn();
  expect(answers).toEqual([]);
  keeper.accept();
  await turn();
  expect(answers).toEqual([{ kind: "damage", id, lost: 1_000, health: 9_000, killed: false }]);
  expect(duel.hosted.awaiting.size).toBe(0);
});

describe("state frames", () => {
  const moveOn = async (duel: Show) => {
    walk(duel);
    delivery.touch(duel.hosted);
    await turn();
  };
  const pass = async (ms: number) => {
    clock.advance(ms);
    vi.advanceTimersByTime(ms);
    await turn();
  };

  test("a few leave as changes come; further changes travel together, evenly", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const duel = show("one");
    for (let moves = 0; moves < STATES_AT_ONCE_MAX + 4; moves++) await moveOn(duel);
    expect(shown(duel)).toEqual(Array.from({ length: STATES_AT_ONCE_MAX }, () => "state"));
    await pass(FRAME_MS);
    expect(shown(duel).length).toBe(STATES_AT_ONCE_MAX + 1);
    await pass(FRAME_MS);
    expect(shown(duel).length, "nothing changed since").toBe(STATES_AT_ONCE_MAX + 1);
  });

  test("leave 60 times a second, and a few more at first, however much changes", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const duel = show("one");
    const fromMs = clock.nowMs();
    while (clock.nowMs() < fromMs + 1_000) {
      await moveOn(duel);
      await pass(8);
    }
    expect(shown(duel).length).toBeGreaterThan(55);
    expect(shown(duel).length).toBeLessThanOrEqual(60 + STATES_AT_ONCE_MAX);
  });

  test("to a gateway that is behind they are few, with all that changed; to one that caught up they leave at once", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const duel = show("one");
    await moveOn(duel);
    duel.outlet.isCongested = true;
    const before = shown(duel).length;
    const fromMs = clock.nowMs();
    while (clock.nowMs() < fromMs + 1_000) {
      await moveOn(duel);
      await pass(FRAME_MS);
    }
    expect(shown(duel).length - before).toBeGreaterThanOrEqual(3);
    expect(shown(duel).length - before).toBeLessThanOrEqual(1_000 / STATE_CONGESTED_MS);
    await moveOn(duel);
    const behind = shown(duel).length;
    duel.outlet.isCongested = false;
    await pass(2 * FRAME_MS);
    expect(shown(duel).length, "what was held back").toBe(behind + 1);
  });
});

test("nothing that changed is nothing to show", async () => {
  const duel = show("one");
  delivery.touch(duel.hosted);
  await turn();
  expect(shown(duel)).toEqual([]);
  expect(keeper.batches).toEqual([]);
});

test("a session that cannot be shown fails alone, and says so", async () => {
  const [broken, whole] = [show("broken"), show("whole")];
  broken.hosted.audience.broadcastState = () => {
    throw new Error("broken");
  };
  for (const duel of [broken, whole]) {
    walk(duel);
    delivery.touch(duel.hosted);
  }
  await turn();
  expect(failed).toEqual([broken.hosted]);
  expect(shown(whole)).toEqual(["state"]);
});

test("a session that was forgotten is shown no more; others are", async () => {
  const [forgotten, kept] = [show("forgotten"), show("kept")];
  for (const duel of [forgotten, kept]) {
    walk(duel);
    delivery.touch(duel.hosted);
  }
  delivery.forget(forgotten.hosted);
  await turn();
  expect([shown(forgotten), shown(kept)]).toEqual([[], ["state"]]);
});

test("once stopped nothing new is shown", async () => {
  const duel = show("one");
  await delivery.stop();
  clock.advance(FRAME_MS);
  await turn();
  walk(duel);
  await turn();
  expect(shown(duel)).toEqual([]);
});
