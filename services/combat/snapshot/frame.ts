/**
 * Frame: what changed since the frame before. Remembers per slot what was last told, so that a change is told once.
 * Law: rows are absolute, never differences: a viewer that misses a frame is right again with the next keyframe.
 */
import { NO_FIELDS } from "../sim/fields.ts";
import type { Fighter, World } from "../sim/world.ts";
import { type PlayerRow, rowOf, sameAsRow, samePose } from "./fields.ts";
import { type GroundRow, groundRows } from "./ground.ts";
import { type ObjectivesRow, objectivesRow, ToldObjectives } from "./objectives.ts";

export type StateFrame = {
  tick: number;
  /** Match time of the state: of the tick, or up to a tick later. */
  matchMs: number;
  keyframe: boolean;
  players: PlayerRow[];
  /** All of them, when anything of them changed. */
  objectives: ObjectivesRow | null;
  /** All that lies on the ground, when anything came or went. */
  ground: GroundRow[] | null;
};

/** poses: where the living stand and look, but nothing that an event tells (health, falls, returns, shots, abilities, effects). */
export type Changes = "all" | "poses";

export class FrameSource {
  private readonly told: (PlayerRow | null)[] = [];
  private readonly toldObjectives = new ToldObjectives();
  /** The list itself: it is replaced whenever one comes or goes. */
  private toldFields = NO_FIELDS;

  /** What changed since the last call, or null for nothing. `stirred`: the slots of all who may have. */
  pollChanges(
    world: World,
    of: Changes = "all",
    { matchMs = world.nowMs, stirred = world.fighters.keys() }: { matchMs?: number; stirred?: Iterable<number> } = {},
  ): StateFrame | null {
    let players: PlayerRow[] | null = null;
    for (const slot of stirred) {
      const row = this.changedRow(world, slot, of);
      if (row === null) continue;
      this.told[slot] = row;
      if (players === null) players = [row];
      else players.push(row);
    }
    // What flags and scores did is told by events too: not before these.
    const objectives = of === "all" && this.toldObjectives.pollChanged(world) ? objectivesRow(world) : null;
    const ground = of === "all" && world.fields !== this.toldFields ? groundRows(world) : null;
    if (ground !== null) this.toldFields = world.fields;
    if (players === null && objectives === null && ground === null) return null;
    return { tick: world.tick, matchMs, keyframe: false, players: players ?? [], objectives, ground };
  }

  private changedRow(world: World, slot: number, of: Changes): PlayerRow | null {
    const fighter = world.fighters[slot] ?? null;
    if (fighter === null) return null;
    const told = this.told[slot] ?? null;
    if (told !== null && sameAsRow(fighter, told, world.nowMs)) return null;
    return of === "all" ? rowOf(world, fighter) : poseOf(world, fighter, told);
  }

  /** The fighter of this slot is another one now. */
  forget(slot: number): void {
    this.told[slot] = null;
  }
}

/** Everything, for those who begin to watch. */
export function keyframe(world: World): StateFrame {
  const players = world.fighters.flatMap((fighter) => (fighter === null ? [] : [rowOf(world, fighter)]));
  const ground = world.fields.length === 0 ? null : groundRows(world);
  const objectives = objectivesRow(world);
  return { tick: world.tick, matchMs: world.nowMs, keyframe: true, players, objectives, ground };
}

/** The row as it was told, moved; null for who is not told yet, fell or came back, or only changed otherwise. */
function poseOf(world: World, fighter: Fighter, told: PlayerRow | null): PlayerRow | null {
  if (told === null || fighter.alive !== told.alive || samePose(fighter, told)) return null;
  const { health, armour, ammunition, energy, usingItem, effects } = told;
  return { ...rowOf(world, fighter), health, armour, ammunition, energy, usingItem, effects };
}
