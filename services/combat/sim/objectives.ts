/**
 * Objectives: flags and zones as part of the world, and what every mode that has them shares.
 * Law: whole centimetres and milliseconds. A flag lies in one place or is carried by one living fighter, who carries no
 * other. Everything is walked in the order of flags, zones and slots, and ties go to the lower one.
 * Not here: what they are worth (modes/).
 */
import type { SimEvent } from "./events.ts";
import { groundUnder } from "./ground.ts";
import type { Place } from "./maps.ts";
import type { Fighter, Point, World } from "./world.ts";

/** Of one side, in the order of sides. */
export type Flag = {
  state: "home" | "carried" | "dropped";
  /** Slot; null while nobody carries it. */
  carrier: number | null;
  /** Where it lies; while carried, where it was taken or let go of. */
  position: Point;
  /** When a dropped flag goes home; 0 else. */
  returnsAtMs: number;
};

export type Zone = {
  /** Index of its place in the map: of the hills in king_of_the_hill, else of the zones. */
  place: number;
  /** The side that holds it. */
  owner: number | null;
  /** The side that is taking it, and how far: milliseconds of one player. */
  taker: number | null;
  takenMs: number;
  /** Two sides are in it. */
  contested: boolean;
  /** Held for this long without a point yet; under a second. */
  unpaidMs: number;
};

export type Objectives = {
  /** The first two sides have changed bases. */
  swapped: boolean;
  /** When sudden death began; 0 while it has not. */
  overtimeAtMs: number;
  /** When the hill moves on; 0 when it does not. */
  hillMovesAtMs: number;
  flags: Flag[];
  zones: Zone[];
};

export function hasObjectives({ objectives }: World): boolean {
  return objectives.flags.length + objectives.zones.length > 0;
}

export function noObjectives(): Objectives {
  return { swapped: false, overtimeAtMs: 0, hillMovesAtMs: 0, flags: [], zones: [] };
}

/** How near a flag or a base is touched, along the ground and in height. */
export const TOUCH_CM = 120;
const TOUCH_HEIGHT_CM = 200;

/** Zones are this high. */
const ZONE_HEIGHT_CM = 300;

/** Points come once for each whole second. */
export const POINT_MS = 1_000;

/** The base of a side in this round, or null where it has none. */
export function baseOf(world: World, side: number): number | null {
  const bases = world.map.places?.bases.length ?? 0;
  if (side >= 2 || bases < 2) return null;
  return world.objectives.swapped ? 1 - side : side;
}

export function touches(fighter: Fighter, spot: Point): boolean {
  const dx = fighter.position.x - spot.x;
  const dy = fighter.position.y - spot.y;
  const dz = fighter.position.z - spot.z;
  return dx * dx + dy * dy <= TOUCH_CM * TOUCH_CM && Math.abs(dz) <= TOUCH_HEIGHT_CM;
}

export function isIn(fighter: Fighter, place: Place): boolean {
  const dx = fighter.position.x - place.position.x;
  const dy = fighter.position.y - place.position.y;
  const dz = fighter.position.z - place.position.z;
  return dx * dx + dy * dy <= place.radiusCm * place.radiusCm && dz >= 0 && dz <= ZONE_HEIGHT_CM;
}

/** Who is in a zone: how many of the one side that is, or that several are. Pays objective time to each. */
export function presence(world: World, place: Place, elapsedMs: number): Presence {
  let side: number | null = null;
  let count = 0;
  let contested = false;
  for (const fighter of world.fighters) {
    if (!fighter?.alive || !isIn(fighter, place)) continue;
    fighter.feats.objectiveMs += elapsedMs;
    if (side !== null && side !== fighter.side) contested = true;
    side ??= fighter.side;
    count += 1;
  }
  return { side: contested ? null : side, count, contested };
}

export type Presence = { readonly side: number | null; readonly count: number; readonly contested: boolean };

/** Pays the owner of a zone a point for each whole second. */
export function payOwner(world: World, zone: Zone, elapsedMs: number): void {
  const side = zone.owner === null ? undefined : world.sides[zone.owner];
  if (!side) return;
  zone.unpaidMs += elapsedMs;
  side.score += Math.floor(zone.unpaidMs / POINT_MS);
  zone.unpaidMs %= POINT_MS;
}

/** Between two ticks, before a carrier is set back: it stays here, and the next tick drops it and tells so. */
export function letGoOfFlag(world: World, slot: number): void {
  const position = world.fighters[slot]?.position;
  const flag = world.objectives.flags.find(({ carrier }) => carrier === slot);
  if (flag && position) flag.position = position;
}

/** Whoever falls, leaves or is moved by more than walking carries nothing on. Before it moves, and before it is gone. */
export function dropFlag(world: World, slot: number, events: SimEvent[], at = world.fighters[slot]?.position): void {
  const fighter = world.fighters[slot];
  for (let side = 0; side < world.objectives.flags.length; side++) {
    const flag = world.objectives.flags[side]!;
    if (flag.carrier !== slot || !fighter || !at) continue;
    flag.state = "dropped";
    flag.carrier = null;
    flag.position = { ...at, z: groundUnder(world.map, at) };
    flag.returnsAtMs = world.nowMs + world.rules.modeRules.flagReturnMs;
    tellFlag(flag, { side, by: fighter, change: "dropped" }, events);
  }
}

type FlagNews = { side: number; by: Fighter | null; change: "taken" | "dropped" | "returned" | "captured" };

export function tellFlag(flag: Flag, { side, by, change }: FlagNews, events: SimEvent[]): void {
  const { position } = flag;
  const doer = { side: by?.side ?? null, slot: by?.slot ?? null };
  events.push({ kind: "objective_changed", objective: "flag", change, place: "", owner: side, ...doer, position });
}

type ZoneNews = { objective: "zone" | "hill"; side: number | null; change: "captured" | "neutralised" | "moved" };

export function tellZone(zone: Zone, place: Place, news: ZoneNews, events: SimEvent[]): void {
  const { id, position } = place;
  events.push({ kind: "objective_changed", ...news, place: id, owner: zone.owner, slot: null, position });
}
