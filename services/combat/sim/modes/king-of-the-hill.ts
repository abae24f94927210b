/**
 * King of the hill: one zone; the side that is in it alone holds it, and each second of that is a point.
 * Law: while two sides are in it nobody scores. Empty it scores nobody, and is still its last holder's. The hill moves on
 * to the map's next place after a while, if the rules of the match say so; then nobody holds it.
 */
import { assert } from "#kit/assert.ts";
import type { SimEvent } from "../events.ts";
import type { Place } from "../maps.ts";
import { payOwner, presence, tellZone, type Zone } from "../objectives.ts";
import type { World } from "../world.ts";
import { TEAM_DEATHMATCH } from "./deathmatch.ts";
import { type Mode, nothing } from "./mode.ts";

export const KING_OF_THE_HILL: Mode = {
  ...TEAM_DEATHMATCH,
  teamsMax: 2,
  needs: "hills",
  atBases: true,
  scoreLimit: 60,
  pointFor: "each second alone on the hill",
  begin: raiseHill,
  fell: nothing,
  tick: stepHill,
};

function raiseHill(world: World): void {
  const { objectives } = world;
  const { hillMovesMs } = world.rules.modeRules;
  objectives.zones = [{ place: 0, ...NOBODYS }];
  objectives.hillMovesAtMs = hillMovesMs === 0 ? 0 : world.nowMs + hillMovesMs;
}

const NOBODYS: Omit<Zone, "place"> = { owner: null, taker: null, takenMs: 0, contested: false, unpaidMs: 0 };

function stepHill(world: World, elapsedMs: number, events: SimEvent[]): void {
  const hill = world.objectives.zones[0];
  if (!hill) return;
  moveWhenDue(world, hill, events);
  const place = placeOf(world, hill);
  const { side, contested } = presence(world, place, elapsedMs);
  hill.contested = contested;
  if (side === null) return;
  if (hill.owner !== side) {
    Object.assign(hill, { owner: side, unpaidMs: 0 });
    tellZone(hill, place, { objective: "hill", side, change: "captured" }, events);
  }
  payOwner(world, hill, elapsedMs);
}

function moveWhenDue(world: World, hill: Zone, events: SimEvent[]): void {
  const { objectives, map, rules } = world;
  if (objectives.hillMovesAtMs === 0 || world.nowMs < objectives.hillMovesAtMs) return;
  objectives.hillMovesAtMs += rules.modeRules.hillMovesMs;
  const places = map.places?.hills.length ?? 1;
  if (places < 2) return;
  Object.assign(hill, { place: (hill.place + 1) % places, ...NOBODYS });
  tellZone(hill, placeOf(world, hill), { objective: "hill", side: null, change: "moved" }, events);
}

function placeOf(world: World, hill: Zone): Place {
  const place = world.map.places?.hills[hill.place];
  assert(place, "a map for this mode has a hill");
  return place;
}
