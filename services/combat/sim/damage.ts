/**
 * Damage: turns one blow into health lost, figures, and what is told.
 * In: a blow.   Out: the wound; writes the fighters concerned, on behalf of step.
 * Law: health stays in 0 to 10,000; what is told as damage is exactly the health lost; a fall is told once; the fallen
 * lose nothing more. Each kill by another fighter is one death. Only killing an enemy scores.
 * Why blows may come from nobody: the world itself hurts, and who dealt it may have left since.
 * Not here: whether a shot may hurt a team mate (attack.ts). A blow from outside was decided by the damage service
 * and holds as it is, whoever dealt it.
 */
import { assert } from "#kit/assert.ts";
import type { WeaponName } from "./content.ts";
import type { DamageType, SimEvent } from "./events.ts";
import type { Fighter, World } from "./world.ts";

export type Blow = {
  by: number | null;
  target: number;
  /** Hundredths of a point, before what is left of the target's health clips it. */
  damage: number;
  weapon: WeaponName | null;
  damageType: DamageType;
  headshot: boolean;
};

export type Wound = { readonly lost: number; readonly health: number; readonly killed: boolean };

/** Who hurt the victim this recently helped to kill it. */
export const ASSIST_MS = 10_000;

export function deal(world: World, blow: Blow, events: SimEvent[]): Wound {
  assert(Number.isSafeInteger(blow.damage) && blow.damage >= 0, "damage is whole hundredths, not negative");
  const target = world.fighters[blow.target];
  const lost = target?.alive ? Math.min(target.health, blow.damage) : 0;
  if (!target || lost === 0) return { lost: 0, health: target?.health ?? 0, killed: false };

  const attacker = blow.by === null ? null : (world.fighters[blow.by] ?? null);
  const { weapon, damageType, headshot } = blow;
  const by = attacker?.slot ?? null;
  target.health -= lost;
  target.damageTaken += lost;
  if (attacker && attacker !== target) {
    attacker.damageDealt += lost;
    remember(target, attacker.slot, world.nowMs);
  }
  const { health } = target;
  events.push({ kind: "damaged", by, target: target.slot, damage: lost, health, weapon, damageType, headshot });
  if (health > 0) return { lost, health, killed: false };

  const assists = assistsTo(world, target, by);
  fell(world, target);
  for (const slot of assists) world.fighters[slot]!.assists += 1;
  if (attacker && attacker !== target) creditKill(world, attacker, target);
  events.push({ kind: "killed", victim: target.slot, by, weapon, headshot, assists });
  return { lost, health, killed: true };
}

function remember(target: Fighter, slot: number, atMs: number): void {
  const earlier = target.hurtBy.find((hurt) => hurt.slot === slot);
  if (earlier) earlier.atMs = atMs;
  else target.hurtBy.push({ slot, atMs }); // At most one entry a seat: SLOTS_MAX bounds it.
}

/** Enemies of the victim who hurt it lately, but the killer; in slot order. */
function assistsTo(world: World, victim: Fighter, killer: number | null): number[] {
  const assists: number[] = [];
  for (const { slot, atMs } of victim.hurtBy) {
    const helper = world.fighters[slot];
    if (!helper || slot === killer || helper.side === victim.side) continue;
    if (world.nowMs - atMs <= ASSIST_MS) assists.push(slot);
  }
  return assists.sort((one, other) => one - other);
}

function fell(world: World, victim: Fighter): void {
  victim.alive = false;
  victim.deaths += 1;
  victim.reloadedAtMs = 0;
  victim.respawnAtMs = world.nowMs + world.rules.respawnMs;
  victim.hurtBy = [];
}

function creditKill(world: World, killer: Fighter, victim: Fighter): void {
  killer.kills += 1;
  const side = world.sides[killer.side];
  assert(side, "every fighter has a side");
  if (killer.side === victim.side) return; // A fall like any other, but nothing to be proud of.
  side.score += 1;
  side.kills += 1;
}
