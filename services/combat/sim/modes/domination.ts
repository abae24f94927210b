/**
 * Domination: three zones; each pays its holder a point a second, whether somebody is in it or not.
 * Law: a side that is alone in a zone takes it: first it makes an enemy's zone nobody's, then its own, and each takes the
 * capture time, divided by how many it is up to TAKERS_MAX. While two sides are in it nothing moves and nobody scores.
 * What was begun and left goes back at the pace of one; holders who come back undo it at their own.
 */
import { assert } from "#kit/assert.ts";
import type { SimEvent } from "../events.ts";
import type { Place } from "../maps.ts";
import { isIn, type Presence, payOwner, presence, tellZone, type Zone } from "../objectives.ts";
import type { World } from "../world.ts";
import { TEAM_DEATHMATCH } from "./deathmatch.ts";
import { type Mode, nothing } from "./mode.ts";

/** More than this many take a zone no faster. */
export const TAKERS_MAX = 3;

export const ZONES = 3;

export const DOMINATION: Mode = {
  ...TEAM_DEATHMATCH,
  teamsMax: 2,
  needs: "zones",
  atBases: true,
  scoreLimit: 100,
  pointFor: "each second and zone held",
  begin: layZones,
  fell: nothing,
  tick: stepZones,
};

function layZones(world: World): void {
  const zones: Zone[] = [];
  for (let place = 0; place < ZONES; place++) {
    zones.push({ place, owner: null, taker: null, takenMs: 0, contested: false, unpaidMs: 0 });
  }
  world.objectives.zones = zones;
}

function stepZones(world: World, elapsedMs: number, events: SimEvent[]): void {
  for (const zone of world.objectives.zones) {
    const place = world.map.places?.zones[zone.place];
    assert(place, "a map for this mode has three zones");
    const present = presence(world, place, elapsedMs);
    zone.contested = present.contested;
    if (zone.contested) continue;
    payOwner(world, zone, elapsedMs);
    take(world, { zone, place, present, elapsedMs }, events);
  }
}

type Taking = { zone: Zone; place: Place; present: Presence; elapsedMs: number };

function take(world: World, taking: Taking, events: SimEvent[]): void {
  const { zone, present, elapsedMs } = taking;
  const { side } = present;
  const pace = elapsedMs * Math.min(Math.max(1, present.count), TAKERS_MAX);
  const isTheirs = side === null || side === zone.owner || (zone.taker !== null && zone.taker !== side);
  if (isTheirs) {
    zone.takenMs = Math.max(0, zone.takenMs - pace);
    if (zone.takenMs === 0) zone.taker = null;
    return;
  }
  zone.taker = side;
  zone.takenMs += pace;
  if (zone.takenMs >= world.rules.modeRules.zoneCaptureMs) turn(world, taking, events);
}

/** An enemy's zone becomes nobody's, nobody's becomes the taker's. */
function turn(world: World, { zone, place, present }: Taking, events: SimEvent[]): void {
  const { side } = present;
  const change = zone.owner === null ? "captured" : "neutralised";
  Object.assign(zone, { owner: zone.owner === null ? side : null, taker: null, takenMs: 0, unpaidMs: 0 });
  tellZone(zone, place, { objective: "zone", side, change }, events);
  if (change === "neutralised") return;
  for (const fighter of world.fighters) {
    if (fighter?.alive && fighter.side === side && isIn(fighter, place)) fighter.feats.captures += 1;
  }
}
