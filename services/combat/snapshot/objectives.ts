/**
 * Objectives as frames show them: flags, zones and scores of the modes that have them.
 * Out: null for modes without. Rows are absolute, as players' are.
 */
import { type Flag, hasObjectives, type Zone } from "../sim/objectives.ts";
import type { Point, World } from "../sim/world.ts";

export type FlagRow = { side: number; state: Flag["state"]; carrier: number | null; position: Point };

export type ZoneRow = {
  place: string;
  position: Point;
  radiusCm: number;
  owner: number | null;
  taker: number | null;
  takenPercent: number;
  contested: boolean;
};

export type ObjectivesRow = {
  swapped: boolean;
  overtime: boolean;
  /** By side. */
  scores: number[];
  flags: FlagRow[];
  zones: ZoneRow[];
};

export function objectivesRow(world: World): ObjectivesRow | null {
  const { objectives, sides } = world;
  if (!hasObjectives(world)) return null;
  return {
    swapped: objectives.swapped,
    overtime: objectives.overtimeAtMs > 0,
    scores: sides.map(({ score }) => score),
    flags: objectives.flags.map(({ state, carrier, position }, side) => ({ side, state, carrier, position })),
    zones: objectives.zones.map((zone) => zoneRow(world, zone)),
  };
}

function zoneRow(world: World, zone: Zone): ZoneRow {
  const { hills = [], zones = [] } = world.map.places ?? {};
  const place = (world.rules.mode === "king_of_the_hill" ? hills : zones)[zone.place];
  const { id = "", position = world.map.bounds.min, radiusCm = 0 } = place ?? {};
  const { owner, taker, contested } = zone;
  return { place: id, position, radiusCm, owner, taker, takenPercent: percentOf(world, zone), contested };
}

function percentOf(world: World, { takenMs }: Zone): number {
  return Math.floor((100 * takenMs) / world.rules.modeRules.zoneCaptureMs);
}

/** Remembers what was told of them, in numbers, so that an unchanged tick costs no row. */
export class ToldObjectives {
  private readonly told: number[] = [];

  /** Whether anything that a row shows changed since the last call. */
  pollChanged(world: World): boolean {
    if (!hasObjectives(world)) return false;
    this.changed = false;
    this.at = 0;
    const { swapped, overtimeAtMs, flags, zones } = world.objectives;
    this.note(Number(swapped));
    this.note(overtimeAtMs);
    for (const { score } of world.sides) this.note(score);
    for (const { state, carrier, position } of flags) {
      this.note(state === "home" ? 0 : state === "carried" ? 1 : 2);
      this.note(carrier ?? -1);
      this.note(position.x);
      this.note(position.y);
      this.note(position.z);
    }
    for (const zone of zones) {
      this.note(zone.place);
      this.note(zone.owner ?? -1);
      this.note(zone.taker ?? -1);
      this.note(percentOf(world, zone));
      this.note(Number(zone.contested));
    }
    return this.changed;
  }

  private changed = false;
  private at = 0;

  private note(value: number): void {
    if (this.told[this.at] !== value) {
      this.told[this.at] = value;
      this.changed = true;
    }
    this.at += 1;
  }
}
