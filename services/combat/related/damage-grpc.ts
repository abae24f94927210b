/** The damage service over gRPC. Units of the contract: points, and shares of 0 to 1. */

import { DamageType } from "#gen/necpgame/combat/v1/realtime_pb.js";
import {
  type ComputeDamageResponse,
  DamageService as DamageContract,
  ModifierKind,
} from "#gen/necpgame/damage/v1/damage_service_pb.js";
import { DAMAGE_MAX, type Modifier } from "../sim/damage-sum.ts";
import type { DamageType as DamageTypeWord } from "../sim/events.ts";
import type { DamageAsked, DamageDecided, DamageService } from "./damage.ts";
import type { ServiceClient } from "./service-client.ts";

const DAMAGE_TYPE = {
  bullet: DamageType.BULLET,
  melee: DamageType.MELEE,
  explosion: DamageType.EXPLOSION,
  ability: DamageType.ABILITY,
  environmental: DamageType.ENVIRONMENTAL,
} as const satisfies Record<DamageTypeWord, DamageType>;

export function createGrpcDamage(client: ServiceClient): DamageService {
  return {
    isElsewhere: true,
    compute: (asked) => client.ask(DamageContract.method.computeDamage, requestOf(asked), decidedIn),
    close: () => client.close(),
  };
}

function requestOf({ sessionId, attackerId, targetId, headshot, ...hit }: DamageAsked) {
  return {
    sessionId,
    attackerId,
    targetId,
    headshot,
    baseDamage: Math.min(hit.base, DAMAGE_MAX) / 100,
    damageType: DAMAGE_TYPE[hit.damageType],
    armorPenetration: hit.penetration / 1000,
    criticalHit: hit.critical,
    modifiers: hit.modifiers.map(modifierOf),
  };
}

/** Both kinds of value are hundredths here and whole there: of a point, and of one. */
function modifierOf({ kind, value, source, stacks }: Modifier) {
  const known = kind === "flat" ? ModifierKind.FLAT : ModifierKind.PERCENTAGE;
  return { kind: known, value: value / 100, source, stacks };
}

/** Null where it is outside of the contract's bounds. */
function decidedIn({ finalDamage, mitigation, critical }: ComputeDamageResponse): DamageDecided | null {
  const isWithin = finalDamage >= 0 && finalDamage * 100 <= DAMAGE_MAX && mitigation >= 0 && mitigation <= 1;
  if (!isWithin) return null; // NaN is within nothing.
  return { damage: Math.round(finalDamage * 100) + 0, mitigation: Math.round(mitigation * 1000) + 0, critical };
}
