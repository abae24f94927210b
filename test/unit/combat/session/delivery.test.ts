/** Delivery: events are journaled before they are shown; nobody waits for another session's journal. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Journal } from "#combat/events/journal.ts";
import { Delivery } from "#combat/session/delivery.ts";
import { type Hosted, hostedOf } from "#combat/session/hosted.ts";
import type { SessionEvent } from "#combat/session/session-events.ts";
import { ManualClock } from "#kit/clock.ts";
import { type Log, silentLog } from "#kit/log.ts";
import { blow, FakeEncoder, FakeOutlet, must, Stage, viewerOf } from "./fixture.ts";

/** Accepts when told to. */
class LateJournal implements Journal {
  readonly batches: SessionEvent[][] = [];
  private readonly waiting: { accept: () => void; refuse: (error: Error) => void }[] = [];

  append(events: readonly SessionEvent[]): Promise<void> {
    this.batches.push([...events]);
    return new Promise((accept, refuse) => this.waiting.push({ accept, refuse }));
  }

  accept(): void {
    this.waiting.shift()?.accept();
  }

  refuse(): void {
    this.waiting.shift()?.refuse(new Error("the journal is away"));
  }
}

type Show = { stage: Stage; hosted: Hosted; outlet: FakeOutlet };

const FRAME_MS = 20; // A little more than the shortest time between two state frames.

let clock: ManualClock;
let journal: LateJournal;
let logged: string[];
let failed: Hosted[];
let delivery: Delivery;

beforeEach(() => {
  clock = new ManualClock();
  journal = new LateJournal();
  logged = [];
  failed = [];
  const log: Log = { ...silentLog, error: (_fields, message) => logged.push(message) };
  delivery = new Delivery(
    { journal, encoder: new FakeEncoder(), clock, log },
    { handleDelivered: () => {}, handleFailed: (hosted) => failed.push(hosted) },
  );
});

afterEach(() => {
  delivery.stop();
  vi.useRealTimers();
});

/** A duel that is running, with one who watches, and nothing left to tell. */
function show(id: string): Show {
  const stage = new Stage({}, id);
  stage.startDuel();
  stage.session.pollEvents();
  stage.session.pollChanges();
  const hosted = hostedOf(stage.session, new FakeEncoder(), 0);
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

function shown({ outlet }: Show): string[] {
  return outlet.broadcasts.map(({ what }) => what);
}

async function turn(): Promise<void> {
  await nextTurn();
  await nextTurn();
}

describe("events", () => {
  test("are shown after the journal accepted them, before the state they led to", async () => {
    const duel = show("one");
    hurt(duel);
    delivery.touch(duel.hosted);
    await turn();
    expect(journal.batches.map((batch) => batch.map(({ body }) => body.kind))).toEqual([["damage_dealt"]]);
    expect(shown(duel)).toEqual([]);
    journal.accept();
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
    expect(journal.batches.map((batch) => batch.map(({ sessionId }) => sessionId))).toEqual([["one", "two", "three"]]);
  });

  test("and state that come while the journal is asked wait, and are shown in order", async () => {
    const duel = show("one");
    hurt(duel);
    delivery.touch(duel.hosted);
    await turn();
    hurt(duel);
    walk(duel);
    delivery.touch(duel.hosted);
    clock.advance(FRAME_MS);
    await turn();
    expect(shown(duel)).toEqual([]);
    expect(journal.batches).toHaveLength(1);
    journal.accept();
    await turn();
    expect(journal.batches).toHaveLength(2);
    expect(shown(duel)).toEqual(["damage_dealt", "state"]);
    clock.advance(FRAME_MS);
    journal.accept();
    await turn();
    expect(shown(duel).filter((what) => what === "damage_dealt")).toHaveLength(2);
    expect(duel.outlet.broadcasts.map(({ frame }) => frame)).toEqual(shown(duel).map((_, index) => index + 1));
  });

  test("that the journal refuses are shown all the same, and the loss is said", async () => {
    const duel = show("one");
    hurt(duel);
    delivery.touch(duel.hosted);
    await turn();
    journal.refuse();
    await turn();
    expect(shown(duel)).toEqual(["damage_dealt", "state"]);
    expect(logged).toHaveLength(1);
  });
});

describe("while one session's events are on their way to the journal", () => {
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

  test("the events of others are journaled, and shown when theirs are accepted", async () => {
    const [first, second] = [show("first"), show("second")];
    hurt(first);
    delivery.touch(first.hosted);
    await turn();
    hurt(second);
    delivery.touch(second.hosted);
    await turn();
    expect(journal.batches.map((batch) => batch[0]?.sessionId)).toEqual(["first", "second"]);
    expect([shown(first), shown(second)]).toEqual([[], []]);
    journal.accept();
    await turn();
    expect(shown(first)).toEqual(["damage_dealt", "state"]);
    expect(shown(second)).toEqual([]);
  });
});

test("an outcome is answered once, when what it caused is journaled", async () => {
  const duel = show("one");
  const id = hurt(duel);
  const answers: unknown[] = [];
  duel.hosted.awaiting.set(id, (outcome) => answers.push(outcome));
  delivery.touch(duel.hosted);
  await turn();
  expect(answers).toEqual([]);
  journal.accept();
  await turn();
  expect(answers).toEqual([{ kind: "damage", id, lost: 1_000, health: 9_000, killed: false }]);
  expect(duel.hosted.awaiting.size).toBe(0);
});

test("changes within the shortest interval travel together when it is over", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const duel = show("one");
  for (let moves = 0; moves < 5; moves++) {
    walk(duel);
    delivery.touch(duel.hosted);
    await turn();
  }
  expect(shown(duel)).toEqual(["state"]);
  clock.advance(FRAME_MS);
  vi.advanceTimersByTime(FRAME_MS);
  await turn();
  expect(shown(duel)).toEqual(["state", "state"]);
  clock.advance(FRAME_MS);
  vi.advanceTimersByTime(FRAME_MS);
  await turn();
  expect(shown(duel)).toEqual(["state", "state"]);
});

test("nothing that changed is nothing to show", async () => {
  const duel = show("one");
  delivery.touch(duel.hosted);
  await turn();
  expect(shown(duel)).toEqual([]);
  expect(journal.batches).toEqual([]);
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

test("once stopped nothing is shown, not even what was asked for before", async () => {
  const duel = show("one");
  walk(duel);
  delivery.touch(duel.hosted);
  delivery.stop();
  await turn();
  expect(shown(duel)).toEqual([]);
});
