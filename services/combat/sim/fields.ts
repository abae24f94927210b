/**
 * Fields: what abilities lay on the ground, and whom it touches there.
 * In:  a spot, then every tick.   Out: writes the world's fields and the fighters in them, on behalf of step.
 * Law: a field touches the enemies of the side it was laid for, twice a second, in slot order; what it brings ends soon after
 *      they leave it. It lies until its time is up or its round ends, also when who laid it falls; who left causes nothing
 *      any more. At most FIELDS_MAX lie at once. The list is replaced, never changed in place, so that frames see by its
 *      identity whether one came or went.
 */
import { tellApplied } from "./afflictions.ts";
import { noteDeed } from "./combo.ts";
import { ABILITIES, type AbilityDoes, type AbilityName } from "./content/abilities.ts";
import { afflict } from "./effects.ts";
import type { SimEvent } from "./events.ts";
import { FIELDS_MAX } from "./limits.ts";
import type { Fighter, Point, World } from "./world.ts";

export type Field = {
  ability: AbilityName;
  /** Who laid it; null when it has left since. */
  by: number | null;
  side: number;
  /** The middle, on the ground. */
  position: Point;
  untilMs: number;
  /** When it touches whoever is in it next. */
  pulseAtMs: number;
};

export const NO_FIELDS: readonly Field[] = [];

type FieldDoes = Extract<AbilityDoes, { kind: "field" }>;

/** Between two touches, and how long what they bring lasts: so that it never breaks off for who stays. */
const PULSE_MS = 500;
const LASTS_MS = 750;

/** Higher than this over its ground nobody is in it. */
const FIELD_HEIGHT_CM = 250;

/** Lays one; the oldest goes when there are too many. It touches from the next tick on. */
export function layField(world: World, by: Fighter, { ability, at }: { ability: AbilityName; at: Point }): void {
  const does = doesOf(ability);
  const { slot, side } = by;
  const untilMs = world.nowMs + does.durationMs;
  const field: Field = { ability, by: slot, side, position: at, untilMs, pulseAtMs: world.nowMs };
  world.fields = [...world.fields.slice(Math.max(0, world.fields.length + 1 - FIELDS_MAX)), field];
}

export function runFields(world: World, events: SimEvent[]): void {
  if (world.fields.length === 0) return;
  if (world.fields.some(({ untilMs }) => untilMs <= world.nowMs)) {
    world.fields = world.fields.filter(({ untilMs }) => untilMs > world.nowMs);
  }
  for (const field of world.fields) {
    if (world.nowMs < field.pulseAtMs) continue;
    field.pulseAtMs = world.nowMs + PULSE_MS;
    for (const fighter of world.fighters) {
      if (fighter?.alive && fighter.side !== field.side && isIn(fighter, field)) touch(world, field, fighter, events);
    }
  }
}

/** Whose seat is given up leaves its fields behind, as nobody's. */
export function disownFields(world: World, slot: number): void {
  for (const field of world.fields) if (field.by === slot) field.by = null;
}

/** What an ability's field does; there is one for each ability that lays one. */
export function doesOf(ability: AbilityName): FieldDoes {
  return ABILITIES[ability].does as FieldDoes;
}

/** Told when it begins or grows; that it goes on is seen in frames. */
function touch(world: World, { ability, by }: Field, fighter: Fighter, events: SimEvent[]): void {
  const { effect: kind, potency } = doesOf(ability);
  const came = afflict(world, fighter, { kind, potency, durationMs: LASTS_MS, by });
  const effect = fighter.effects.find((one) => one.kind === kind);
  if (!effect || (came !== "begun" && came !== "raised")) return;
  tellApplied(world, fighter.slot, effect, events);
  const layer = by === null ? null : world.fighters[by];
  if (layer?.alive) noteDeed(world, layer, fighter, ability);
}

function isIn({ position }: Fighter, { ability, position: middle }: Field): boolean {
  const { radiusCm } = doesOf(ability);
  const [dx, dy, dz] = [position.x - middle.x, position.y - middle.y, position.z - middle.z];
  return dx * dx + dy * dy <= radiusCm * radiusCm && dz >= -FIELD_HEIGHT_CM && dz <= FIELD_HEIGHT_CM;
}
