/** What of a fighter is replicated to viewers. A new field is added here (row, comparison), in realtime.proto and in rpc/encode.ts. */
import type { ItemName } from "../sim/content/items.ts";
import type { Effects } from "../sim/effects.ts";
import { energyAt } from "../sim/energy.ts";
import { poseMsOf } from "../sim/history.ts";
import type { Fighter, Stance, World } from "../sim/world.ts";

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
  /** The match time of the pose. It tells nothing new by itself, and makes no row. */
  poseMs: number;
  armour: number;
  /** Whole points. */
  energy: number;
  usingItem: ItemName | null;
  /** The list itself: it is replaced whenever it changes. */
  effects: Effects;
};

/** In centimetres, hundredths of a degree and hundredths of a point, as the wire has them. */
export function rowOf(world: World, fighter: Fighter): PlayerRow {
  const { slot, position, yaw, pitch, health, alive, lastInput, stance, effects } = fighter;
  const { x, y, z } = position;
  const ammunition = fighter.magazine[fighter.weapon];
  const armour = fighter.armour.amount;
  const poseMs = poseMsOf(world.history, fighter);
  const energy = energyPoints(fighter, world.nowMs);
  const usingItem = fighter.items.using;
  return {
    slot,
    x,
    y,
    z,
    yaw,
    pitch,
    health,
    armour,
    alive,
    lastInput,
    ammunition,
    stance,
    poseMs,
    energy,
    usingItem,
    effects,
  };
}

/**
 * Whether a row tells of this fighter as it is. Field by field, and no row made for it: this runs for everybody in every
 * frame. A test changes each field of a row and looks.
 */
export function sameAsRow(fighter: Fighter, row: PlayerRow, nowMs: number): boolean {
  return (
    samePose(fighter, row) &&
    fighter.health === row.health &&
    fighter.armour.amount === row.armour &&
    fighter.magazine[fighter.weapon] === row.ammunition &&
    energyPoints(fighter, nowMs) === row.energy &&
    fighter.items.using === row.usingItem &&
    fighter.effects === row.effects
  );
}

function energyPoints({ energy }: Fighter, nowMs: number): number {
  return Math.floor(energyAt(energy, nowMs) / 100);
}

/** The same without what events tell: where one stands and looks, and the input that brought it there. */
export function samePose(fighter: Fighter, row: PlayerRow): boolean {
  const { position } = fighter;
  return (
    position.x === row.x &&
    position.y === row.y &&
    position.z === row.z &&
    fighter.yaw === row.yaw &&
    fighter.pitch === row.pitch &&
    fighter.lastInput === row.lastInput &&
    fighter.stance === row.stance &&
    fighter.alive === row.alive &&
    fighter.slot === row.slot
  );
}
