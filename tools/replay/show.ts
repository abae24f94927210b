/** Show: worlds, differences and segments of a recording as text for people. */
import type { SimEvent } from "#combat/sim/events.ts";
import { hashWorld } from "#combat/sim/hash.ts";
import type { FieldDifference } from "#combat/sim/packed-world.ts";
import type { Difference } from "#combat/sim/replay.ts";
import type { World } from "#combat/sim/world.ts";
import type { Segment } from "./recording.ts";

/** Ticks as minutes and seconds of match time. */
export function timeOf(tick: number, tickRateHz: number): string {
  const seconds = tick / tickRateHz;
  return `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(1).padStart(4, "0")}`;
}

export function segmentLine(segment: Segment, next: Segment | undefined): string {
  const { epoch, parts, firstTick, lastTick, end, tickRateHz } = segment;
  const bytes = parts.reduce((sum, { content }) => sum + content.length, 0);
  const at = (tick: number) => `tick ${tick} (${timeOf(tick, tickRateHz)})`;
  const ending = end === null ? `no end was written: whole up to ${at(lastTick)}` : `ended: ${end}`;
  const past =
    next !== undefined && next.firstTick < lastTick ? `; what follows ${at(next.firstTick)} was played again` : "";
  return `epoch ${epoch}: ${at(firstTick)} to ${at(lastTick)}, ${parts.length} parts, ${kilobytes(bytes)} kB; ${ending}${past}`;
}

function kilobytes(bytes: number): string {
  return (bytes / 1000).toFixed(1);
}

export function differenceLines(difference: Difference, tickRateHz: number): string[] {
  const { tick, alikeAtTick, lanes, fields, fieldsAtTick } = difference;
  const what = lanes.length > 0 ? lanes.join(", ") : "the hash of the world";
  const first = `DIFFERS at tick ${tick} (${timeOf(tick, tickRateHz)}): ${what}; alike up to tick ${alikeAtTick}`;
  if (fieldsAtTick === null) return [first, "no later world is recorded that could name the fields"];
  return [
    first,
    `fields at the next recorded world, tick ${fieldsAtTick}:`,
    ...fieldLines(fields, "recorded", "replayed"),
  ];
}

export function fieldLines(fields: readonly FieldDifference[], one: string, other: string): string[] {
  const shown = (value: unknown) => (value === undefined ? "nothing" : JSON.stringify(value).slice(0, 120));
  return fields.map((field) => `  ${field.field}: ${one} ${shown(field.one)}, ${other} ${shown(field.other)}`);
}

export function worldLines(world: World, players: ReadonlyMap<number, string>): string[] {
  const { tick, rules, phase, round, sides, fighters } = world;
  const head = `tick ${tick} (${timeOf(tick, rules.tickRateHz)}), ${phase}, round ${round}, hash ${hashWorld(world)}`;
  const scores = sides.map(({ score, roundsWon }, side) => `  side ${side}: score ${score}, rounds won ${roundsWon}`);
  const rows = fighters.flatMap((fighter) => {
    if (fighter === null) return [];
    const { slot, side, position, health, alive, weapon, kills, deaths } = fighter;
    const at = [position.x, position.y, position.z].map((axis) => (axis / 100).toFixed(2)).join(" ");
    const state = alive ? `health ${health / 100}` : "down";
    const name = players.get(slot) ?? "unknown player";
    return [`  slot ${slot} ${name} side ${side}: at ${at}, ${state}, ${weapon}, ${kills} kills, ${deaths} deaths`];
  });
  return [head, ...scores, ...rows];
}

export function eventLine(world: World, event: SimEvent): string {
  const { kind, ...rest } = event;
  return `${timeOf(world.tick, world.rules.tickRateHz)}  ${kind} ${JSON.stringify(rest)}`;
}
