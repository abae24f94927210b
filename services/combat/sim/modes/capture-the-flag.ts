/**
 * Capture the flag: each of two sides has a flag at its base; bringing the other side's to the own base is a point.
 * Law: a touch takes the enemy's flag and brings the own one back; who falls, leaves, blinks or is set back drops it where it stood; a
 * dropped flag goes home by itself after a while. A flag is captured only while the own one is home, unless the rules of
 * the match say otherwise. Of two who touch at once the lower slot does.
 */
import { assert } from "#kit/assert.ts";
import type { SimEvent } from "../events.ts";
import { baseOf, dropFlag, type Flag, tellFlag, touches } from "../objectives.ts";
import type { Fighter, Point, World } from "../world.ts";
import { TEAM_DEATHMATCH } from "./deathmatch.ts";
import { type Mode, nothing } from "./mode.ts";

export const CAPTURE_THE_FLAG: Mode = {
  ...TEAM_DEATHMATCH,
  teamsMax: 2,
  needs: "bases",
  atBases: true,
  scoreLimit: 3,
  pointFor: "each flag captured",
  begin: plantFlags,
  fell: nothing,
  tick: stepFlags,
};

function plantFlags(world: World): void {
  const flags: Flag[] = [];
  for (let side = 0; side < 2; side++) flags.push(flagAtHome(homeOf(world, side)));
  world.objectives.flags = flags;
}

function flagAtHome(position: Point): Flag {
  return { state: "home", carrier: null, position, returnsAtMs: 0 };
}

function homeOf(world: World, side: number): Point {
  const home = world.map.places?.bases[baseOf(world, side) ?? -1];
  assert(home, "a map for this mode has a base for each side");
  return home;
}

function stepFlags(world: World, elapsedMs: number, events: SimEvent[]): void {
  const { flags } = world.objectives;
  for (let side = 0; side < flags.length; side++) {
    const flag = flags[side]!;
    const carrier = flag.carrier === null ? null : world.fighters[flag.carrier];
    if (carrier) carry(world, { side, carrier, elapsedMs }, events);
    else lie(world, side, events);
  }
}

type Carrying = { side: number; carrier: Fighter; elapsedMs: number };

function carry(world: World, { side, carrier, elapsedMs }: Carrying, events: SimEvent[]): void {
  const wasSetBack = carrier.motion.leaptAtMs > world.nowMs - elapsedMs; // Who blinks dropped it already.
  if (wasSetBack) return dropFlag(world, carrier.slot, events, world.objectives.flags[side]!.position);
  carrier.feats.objectiveMs += elapsedMs;
  const isOwnHome = world.objectives.flags[carrier.side]?.state === "home";
  if (!isOwnHome && !world.rules.modeRules.captureWithFlagAway) return;
  if (!touches(carrier, homeOf(world, carrier.side))) return;
  world.sides[carrier.side]!.score += 1;
  carrier.feats.captures += 1;
  sendHome(world, { side, by: carrier, change: "captured" }, events);
}

/** At home or dropped: the first who touches it decides, else the time. */
function lie(world: World, side: number, events: SimEvent[]): void {
  const flag = world.objectives.flags[side]!;
  for (const fighter of world.fighters) {
    if (!fighter?.alive || !touches(fighter, flag.position)) continue;
    if (fighter.side === side) {
      if (flag.state === "home") continue;
      return sendHome(world, { side, by: fighter, change: "returned" }, events);
    }
    flag.state = "carried";
    flag.carrier = fighter.slot;
    flag.returnsAtMs = 0;
    return tellFlag(flag, { side, by: fighter, change: "taken" }, events);
  }
  const isDue = flag.state === "dropped" && world.nowMs >= flag.returnsAtMs;
  if (isDue) sendHome(world, { side, by: null, change: "returned" }, events);
}

type Homecoming = { side: number; by: Fighter | null; change: "returned" | "captured" };

function sendHome(world: World, news: Homecoming, events: SimEvent[]): void {
  const flag = world.objectives.flags[news.side]!;
  Object.assign(flag, flagAtHome(homeOf(world, news.side)));
  tellFlag(flag, news, events);
}
