/** A damage service that reckons in the contract's own words as combat's own sum does, but for armour, of which it knows nothing. */
import { computeDamage, type Modifier } from "#combat/sim/damage-sum.ts";
import {
  type ComputeDamageRequest,
  type DamageModifier,
  ModifierKind,
} from "#gen/necpgame/damage/v1/damage_service_pb.js";

export function reckon(request: ComputeDamageRequest): { finalDamage: number; mitigation: number; critical: boolean } {
  const { baseDamage, armorPenetration, criticalHit: critical, modifiers } = request;
  const sum = computeDamage({
    base: Math.round(baseDamage * 100),
    damageType: "bullet",
    penetration: Math.round(armorPenetration * 1000),
    critical,
    modifiers: modifiers.map(modifierOf),
    armour: 0,
  });
  return { finalDamage: sum.damage / 100, mitigation: 0, critical };
}

function modifierOf({ kind, value, source, stacks }: DamageModifier): Modifier {
  return { kind: kind === ModifierKind.FLAT ? "flat" : "percentage", value: Math.round(value * 100), source, stacks };
}
