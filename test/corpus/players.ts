/** Players: who plays the corpus' traces: the honest, and each kind of cheat. */
import type { BodyModel, Wish } from "./body-model.ts";
import { Whims } from "./body-model.ts";
import type { Chance } from "./chance.ts";
import type { Player, Trace } from "./trace.ts";

export type Kind = {
  readonly name: string;
  /** Found within this, milliseconds; null for the honest. */
  readonly withinMs: number | null;
  readonly seconds: number;
  player(chance: Chance, trace: Trace): Player;
};

function honest(chance: Chance, trace: Trace): Player {
  const whims = new Whims(chance);
  let dashUntilMs = 0;
  return {
    fromMs: Number.POSITIVE_INFINITY,
    wish(nowMs, body) {
      const wish = whims.at(nowMs);
      trace.stance = wish.crouches && body.isGrounded ? "crouch" : "stand";
      if (chance.happens(0.001) && nowMs > dashUntilMs) {
        dashUntilMs = nowMs + 400;
        trace.haste(80, 400 + 1_000); // Told to the server with the moves; it lasts a little longer there.
      }
      return nowMs < dashUntilMs && wish.pace === 1 && !wish.crouches ? { ...wish, pace: 1.8 } : wish;
    },
  };
}

/** Runs without end, and turns before a wall is in the way. */
function runner(chance: Chance, pace: () => number): (nowMs: number, body: BodyModel) => Wish {
  let heading = chance.between(0, 2 * Math.PI);
  return (_nowMs, body) => {
    heading += chance.between(-0.02, 0.02);
    for (let tries = 0; tries < 32 && !isFreeAhead(body, heading); tries++) heading = chance.between(0, 2 * Math.PI);
    return { heading, pace: pace(), jumps: false, crouches: false };
  };
}

/** As far as the widest frame of the fastest cheat goes. */
function isFreeAhead(body: BodyModel, heading: number): boolean {
  const { x, y, z } = body.feet;
  for (let reach = 20; reach <= 400; reach += 20) {
    if (!body.isFree(x + Math.cos(heading) * reach, y + Math.sin(heading) * reach, z)) return false;
  }
  return true;
}

function speeder(factor: number): Kind["player"] {
  return (chance) => {
    const fromMs = chance.between(2_000, 6_000);
    const starts = chance.happens(0.5);
    let nowMs = 0;
    const run = runner(chance, () => (nowMs >= fromMs ? factor : starts ? 1 : 0));
    return {
      fromMs,
      deaf: chance.happens(0.5),
      wish: (at, body) => {
        nowMs = at;
        return run(at, body);
      },
    };
  };
}

function drifter(chance: Chance): Player {
  return speeder(chance.between(1.04, 1.08))(chance, null as never);
}

function blinker(chance: Chance): Player {
  const whims = new Whims(chance);
  const fromMs = chance.between(2_000, 6_000);
  let blinksAtMs = fromMs;
  return {
    fromMs,
    deaf: chance.happens(0.5),
    wish: (nowMs) => whims.at(nowMs),
    twist(nowMs, body) {
      if (nowMs < blinksAtMs) return;
      const { x, y, z } = body.feet;
      for (let tries = 0; tries < 50; tries++) {
        const heading = chance.between(0, 2 * Math.PI);
        const reach = chance.between(400, 1_500);
        const [toX, toY] = [x + Math.cos(heading) * reach, y + Math.sin(heading) * reach];
        if (!body.isFree(toX, toY, z)) continue;
        body.feet = { x: toX, y: toY, z };
        break;
      }
      blinksAtMs = nowMs + chance.between(1_000, 5_000);
    },
  };
}

function flyer(chance: Chance): Player {
  const fromMs = chance.between(2_000, 6_000);
  const height = chance.between(60, 1_000);
  const run = runner(chance, () => 0.9);
  return {
    fromMs,
    deaf: chance.happens(0.5),
    wish: run,
    twist(_nowMs, body, seconds) {
      body.feet.z = Math.min(height, body.feet.z + 300 * seconds + (body.upCmPerS < 0 ? -body.upCmPerS * seconds : 0));
      body.upCmPerS = 0;
    },
  };
}

/** Walks straight on, whatever stands there, through the nearest wall. */
function clipper(chance: Chance, trace: Trace): Player {
  const walls = trace.world.map.walls.filter(
    ({ max, min, rises }) => max.z >= 100 && min.z === 0 && rises === undefined,
  );
  const wall = chance.one(walls);
  const middle = { x: (wall.min.x + wall.max.x) / 2, y: (wall.min.y + wall.max.y) / 2 };
  const alongX = wall.max.x - wall.min.x < wall.max.y - wall.min.y;
  const way = chance.happens(0.5) ? 1 : -1;
  const start = alongX
    ? { x: way > 0 ? wall.min.x - 60 : wall.max.x + 60, y: middle.y, z: 0 }
    : { x: middle.x, y: way > 0 ? wall.min.y - 60 : wall.max.y + 60, z: 0 };
  trace.place(start);
  const pace = chance.between(0.2, 1);
  return {
    fromMs: 1_000,
    deaf: chance.happens(0.5),
    wish: () => ({ heading: 0, pace: 0, jumps: false, crouches: false }),
    twist(_nowMs, body, seconds) {
      const by = way * pace * 700 * seconds;
      body.feet = { ...body.feet, x: body.feet.x + (alongX ? by : 0), y: body.feet.y + (alongX ? 0 : by), z: 0 };
    },
  };
}

function timer(chance: Chance): Player {
  const fromMs = chance.between(2_000, 6_000);
  return { fromMs, deaf: chance.happens(0.5), clock: chance.between(1.15, 2), wish: runner(chance, () => 1) };
}

function lagSwitcher(chance: Chance): Player {
  const fromMs = chance.between(2_000, 6_000);
  const everyMs = chance.between(2_500, 6_000);
  const heldMs = chance.between(1_500, 2_400);
  return {
    fromMs,
    deaf: chance.happens(0.5),
    wish: runner(chance, () => 1),
    leavesMs(nowMs) {
      const into = (nowMs - fromMs) % everyMs;
      return into < heldMs ? nowMs - into + heldMs : nowMs;
    },
  };
}

export const KINDS: readonly Kind[] = [
  { name: "honest", withinMs: null, seconds: 60, player: honest },
  { name: "speed x1.1", withinMs: 10_000, seconds: 30, player: speeder(1.1) },
  { name: "speed x1.3", withinMs: 2_000, seconds: 30, player: speeder(1.3) },
  { name: "speed x2", withinMs: 2_000, seconds: 30, player: speeder(2) },
  { name: "blink", withinMs: 10_000, seconds: 30, player: blinker },
  { name: "fly", withinMs: 10_000, seconds: 30, player: flyer },
  { name: "clip", withinMs: 10_000, seconds: 30, player: clipper },
  { name: "timer", withinMs: 10_000, seconds: 30, player: timer },
  { name: "lag switch", withinMs: 30_000, seconds: 60, player: lagSwitcher },
  { name: "slow drift", withinMs: 60_000, seconds: 70, player: drifter },
];
