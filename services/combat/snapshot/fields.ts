/** What of a fighter is replicated to viewers: one row a field. A new field is added here, in realtime.proto and in rpc/encode.ts. */
import type { Fighter, Stance } from "../sim/world.ts";

export type PlayerRow = {
  slot: number;
  x: number;
  y: number;
  z: number;
  yaw: number;
  pitch: number;
  health: number;
  alive: boolean;
  lastInput: number;
  ammunition: number;
  stance: Stance;
};

/** Reads one field of a fighter. In centimetres, hundredths of a degree and hundredths of a point, as the wire has them. */
const FIELDS = {
  slot: (fighter) => fighter.slot,
  x: (fighter) => fighter.position.x,
  y: (fighter) => fighter.position.y,
  z: (fighter) => fighter.position.z,
  yaw: (fighter) => fighter.yaw,
  pitch: (fighter) => fighter.pitch,
  health: (fighter) => fighter.health,
  alive: (fighter) => fighter.alive,
  lastInput: (fighter) => fighter.lastInput,
  ammunition: (fighter) => fighter.magazine[fighter.weapon],
  stance: (fighter) => fighter.stance,
} as const satisfies { [Field in keyof PlayerRow]: (fighter: Fighter) => PlayerRow[Field] };

const READERS = Object.entries(FIELDS) as [keyof PlayerRow, (fighter: Fighter) => PlayerRow[keyof PlayerRow]][];

export function rowOf(fighter: Fighter): PlayerRow {
  return Object.fromEntries(READERS.map(([field, read]) => [field, read(fighter)])) as PlayerRow;
}

export function sameAsRow(fighter: Fighter, row: PlayerRow): boolean {
  for (const [field, read] of READERS) if (read(fighter) !== row[field]) return false;
  return true;
}
