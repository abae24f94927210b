/** Instances: a session is asked for where it was said to be, a dead one is passed over, and nothing known grows for ever. */
import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  INSTANCE_UNUSED_MS_MAX,
  INSTANCES_LOOK_MS,
  LEARNT_INSTANCES_MAX,
  ROUTED_SESSIONS_MAX,
  UNLEARNT_TOLD_MAX,
} from "#gateway/limits.ts";
import { type Instance, Instances } from "#gateway/upstream/instances.ts";
import { ManualClock } from "#kit/clock.ts";
import { silentLog } from "#kit/log.ts";

/** What is told of an instance: whether it is there, whether its relay was opened and when it was lost, and whether it was closed. */
class Stand {
  up = true;
  opened = true;
  lostMs = 0;
  closed = false;
  readonly instance: Instance;

  constructor(target: string) {
    const close = () => {
      this.closed = true;
    };
    this.instance = {
      target,
      relay: {
        open: () => {},
        send: () => this.up,
        isUp: () => this.opened && this.up,
        awaySinceMs: () => (this.opened && !this.up ? this.lostMs : null),
        close: async () => close(),
      },
      calls: {
        call: () => Promise.reject(new Error("nobody calls here")),
        isReachable: () => this.up,
        isServing: async () => this.up,
        close,
      },
    };
  }
}

class World {
  readonly stands = new Map<string, Stand>();
  readonly clock = new ManualClock();
  /** Targets, as the log says of them that they are not learnt. */
  readonly unlearnt: unknown[] = [];
  readonly instances: Instances;

  constructor(seeds: readonly string[]) {
    const { clock } = this;
    const log = { ...silentLog, warn: ({ target }: Record<string, unknown>) => void this.unlearnt.push(target) };
    this.instances = new Instances({ seeds, create: (target) => this.stand(target).instance, clock, log });
  }

  /** Those that were learnt are as many as can be. */
  fill(): void {
    for (let n = 1; n <= LEARNT_INSTANCES_MAX; n++) this.instances.moved(randomUUID(), `z${n}`);
  }

  lose(target: string): void {
    const stand = this.stand(target);
    stand.up = false;
    stand.lostMs = this.clock.nowMs();
  }

  pass(ms: number): void {
    for (let passedMs = 0; passedMs < ms; passedMs += INSTANCES_LOOK_MS) {
      this.clock.advance(INSTANCES_LOOK_MS);
      vi.advanceTimersByTime(INSTANCES_LOOK_MS);
    }
  }

  known(): string[] {
    return this.instances.all().map(({ target }) => target);
  }

  stand(target: string): Stand {
    const known = this.stands.get(target);
    if (known !== undefined) return known;
    const stand = new Stand(target);
    this.stands.set(target, stand);
    return stand;
  }

  /** Where a socket, and a call, of the session go. */
  targets(sessionId: string): (string | undefined)[] {
    const relay = this.instances.relayFor(sessionId);
    const ofRelay = this.instances.all().find((instance) => instance.relay === relay)?.target;
    return [ofRelay, this.instances.instanceFor(sessionId).target];
  }
}

describe("a session", () => {
  test("is asked for at the same seed each time, and sessions are spread over seeds", () => {
    const world = new World(["a", "b", "c"]);
    const ids = Array.from({ length: 300 }, () => randomUUID());
    const first = ids.map((id) => world.targets(id));
    expect(ids.map((id) => world.targets(id))).toEqual(first);
    for (const [relay, call] of first) expect(call).toBe(relay);
    for (const seed of ["a", "b", "c"]) expect(first.filter(([at]) => at === seed).length).toBeGreaterThan(50);
  });

  test("is asked for where it was said to be", () => {
    const world = new World(["a"]);
    const id = randomUUID();
    expect(world.instances.moved(id, "z")?.target).toBe("z");
    expect(world.targets(id)).toEqual(["z", "z"]);
    expect(world.targets(randomUUID())).toEqual(["a", "a"]);
  });

  test("is asked for at a seed when the one that had it is away", () => {
    const world = new World(["a"]);
    const id = randomUUID();
    world.instances.moved(id, "z");
    world.stand("z").up = false;
    expect(world.targets(id)).toEqual(["a", "a"]);
  });

  test("is asked for at another seed when its own is away, and at its own when all are", () => {
    const world = new World(["a", "b"]);
    const id = randomUUID();
    const [own] = world.targets(id);
    const other = own === "a" ? "b" : "a";
    world.stand(own!).up = false;
    expect(world.targets(id)).toEqual([other, other]);
    world.stand(other).up = false;
    expect(world.targets(id)).toEqual([own, own]);
  });
});

test("calls of no session go to the seeds in turns, past those that are away", () => {
  const { instances, ...world } = new World(["a", "b", "c"]);
  world.stands.get("b")!.up = false;
  const targets = Array.from({ length: 6 }, () => instances.instanceFor(null).target);
  expect(new Set(targets)).toEqual(new Set(["a", "c"]));
});

describe("bounds", () => {
  test("one that is away is forgotten and closed when one more is told of; seeds and those that are up never", () => {
    const world = new World(["a"]);
    world.fill();
    expect(world.instances.moved(randomUUID(), "more")).toBeNull();
    world.stand("a").up = false;
    world.stand("z7").up = false;
    expect(world.instances.moved(randomUUID(), "more")?.target).toBe("more");
    expect(world.stand("z7").closed).toBe(true);
    expect(world.stand("a").closed).toBe(false);
    expect(world.instances.all()).toHaveLength(1 + LEARNT_INSTANCES_MAX);
    expect(world.instances.moved(randomUUID(), "yet another")).toBeNull();
  });

  test("one whose relay was never opened is not away, and is not forgotten for another", () => {
    const world = new World(["a"]);
    world.fill();
    world.stand("z7").opened = false;
    expect(world.instances.moved(randomUUID(), "more")).toBeNull();
    expect(world.stand("z7").closed).toBe(false);
  });

  test("there is room to learn however many seeds there are", () => {
    const seeds = Array.from({ length: LEARNT_INSTANCES_MAX + 6 }, (_, n) => `s${n}`);
    const world = new World(seeds);
    world.fill();
    expect(world.known()).toHaveLength(seeds.length + LEARNT_INSTANCES_MAX);
    expect(world.unlearnt).toEqual([]);
    expect(world.instances.moved(randomUUID(), "more")).toBeNull();
    expect(world.instances.moved(randomUUID(), "s0")?.target).toBe("s0");
  });

  test("what is not learnt is said once of each, and not of ever more", () => {
    const world = new World(["a"]);
    world.fill();
    for (const target of ["more", "and more", "more"]) world.instances.moved(randomUUID(), target);
    expect(world.unlearnt).toEqual(["more", "and more"]);
    for (let n = 0; n < 2 * UNLEARNT_TOLD_MAX; n++) world.instances.moved(randomUUID(), `further ${n}`);
    expect(world.unlearnt).toHaveLength(UNLEARNT_TOLD_MAX);
  });

  test("the session that was used longest ago is asked for at its seed again", () => {
    const { instances } = new World(["a"]);
    const [first, second] = [randomUUID(), randomUUID()];
    instances.moved(first, "z");
    instances.moved(second, "z");
    expect(instances.instanceFor(first).target).toBe("z"); // Used just now.
    for (let n = 0; n < ROUTED_SESSIONS_MAX - 1; n++) instances.moved(`session ${n}`, "z");
    expect(instances.instanceFor(second).target).toBe("a");
    expect(instances.instanceFor(first).target).toBe("z");
  });
});

describe("without need", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const LONG_MS = INSTANCE_UNUSED_MS_MAX + 2 * INSTANCES_LOOK_MS;

  test("one that was learnt is forgotten and closed when it is away for long; seeds and those that are up never", () => {
    const world = new World(["a"]);
    for (const target of ["y", "z"]) world.instances.moved(randomUUID(), target);
    world.pass(LONG_MS);
    for (const target of ["a", "z"]) world.lose(target);
    world.pass(INSTANCE_UNUSED_MS_MAX);
    expect(world.known()).toEqual(["a", "y", "z"]);
    world.pass(LONG_MS);
    expect(world.known()).toEqual(["a", "y"]);
    expect([..."ayz"].map((target) => world.stand(target).closed)).toEqual([false, false, true]);
    expect(world.instances.moved(randomUUID(), "z")?.target).toBe("z");
  });

  test("one that sockets are led to, and wait for, stays", () => {
    const world = new World(["a"]);
    world.instances.moved(randomUUID(), "z");
    world.lose("z");
    for (let passedMs = 0; passedMs < 2 * LONG_MS; passedMs += INSTANCES_LOOK_MS) {
      world.instances.relayAt(randomUUID(), "z");
      world.pass(INSTANCES_LOOK_MS);
    }
    expect(world.known()).toEqual(["a", "z"]);
  });

  test("one that is only called stays as long as it is", () => {
    const world = new World(["a"]);
    const id = randomUUID();
    world.instances.moved(id, "z");
    world.stand("z").opened = false;
    for (let passedMs = 0; passedMs < 2 * LONG_MS; passedMs += INSTANCES_LOOK_MS) {
      expect(world.instances.instanceFor(id).target).toBe("z");
      world.pass(INSTANCES_LOOK_MS);
    }
    world.pass(LONG_MS);
    expect(world.known()).toEqual(["a"]);
  });

  test("nothing is looked for after the end", () => {
    const world = new World(["a"]);
    world.instances.moved(randomUUID(), "z");
    world.instances.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});
