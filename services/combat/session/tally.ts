/**
 * Tally: what a session told, added up, for those who want the figures of its fights and not every event.
 * In:  events as they are told.   Out: counts by kind, by weapon and by kind of damage. Plain data; kept with the session.
 * Law: each event told is counted once; damage is what was told as health lost, in hundredths of a point.
 * Not here: figures of players, which the simulation counts itself (sim/world.ts).
 */
import type { EventBody } from "./session-events.ts";

export type WeaponTally = { kills: number; damage: number; hits: number; headshots: number };

export type Tally = {
  events: Record<string, number>;
  weapons: Record<string, WeaponTally>;
  damageTypes: Record<string, { damage: number; hits: number }>;
};

export function noTally(): Tally {
  return { events: {}, weapons: {}, damageTypes: {} };
}

/** Adds an event to a tally, in place. */
export function count(tally: Tally, body: EventBody): void {
  tally.events[body.kind] = (tally.events[body.kind] ?? 0) + 1;
  if (body.kind === "player_killed" && body.weapon !== null) weaponOf(tally, body.weapon).kills += 1;
  if (body.kind !== "damage_dealt") return;
  tally.damageTypes[body.damageType] ??= { damage: 0, hits: 0 };
  const type = tally.damageTypes[body.damageType]!;
  type.damage += body.damage;
  type.hits += 1;
  if (body.weapon === null) return;
  const weapon = weaponOf(tally, body.weapon);
  weapon.damage += body.damage;
  weapon.hits += 1;
  if (body.headshot) weapon.headshots += 1;
}

/** A tally with events added, the given one left as it is. */
export function tallied(tally: Tally, bodies: readonly EventBody[]): Tally {
  const added = structuredClone(tally);
  for (const body of bodies) count(added, body);
  return added;
}

function weaponOf(tally: Tally, weapon: string): WeaponTally {
  tally.weapons[weapon] ??= { kills: 0, damage: 0, hits: 0, headshots: 0 };
  return tally.weapons[weapon]!;
}
