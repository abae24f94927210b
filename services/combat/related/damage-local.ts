/** The local rule for damage: the sum that the simulation does itself. */
import { computeDamage } from "../sim/damage-sum.ts";
import { answered } from "./answer.ts";
import type { DamageService } from "./damage.ts";

export function createLocalDamage(): DamageService {
  return {
    isElsewhere: false,
    compute: (asked) => {
      const { damage, mitigation, critical } = computeDamage(asked);
      return Promise.resolve(answered({ damage, mitigation, critical }));
    },
    close: () => {},
  };
}
