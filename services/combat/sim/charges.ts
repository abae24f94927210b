/**
 * Charges: which abilities are used up, and when they are there again.
 * In:  a fighter's list, an ability, match time.   Out: how many charges it has, how long until the next.
 * Law: an ability has its table's charges at most, and they come back one after the other. What is whole again is not in
 *      the list, once it is looked at; so who uses nothing has an empty one. Lists are as long as the table at most.
 */
import { ABILITIES, type AbilityName } from "./content/abilities.ts";

/** Of an ability that was used. */
export type Spent = {
  ability: AbilityName;
  /** Charges it had left when it was last used. */
  charges: number;
  /** When the next one comes; the others one cooldown of the table after another. */
  nextAtMs: number;
};

export function chargesAt(spent: readonly Spent[], ability: AbilityName, nowMs: number): number {
  const { charges } = ABILITIES[ability];
  const used = spent.find((one) => one.ability === ability);
  return used ? Math.min(charges, used.charges + comeBack(used, nowMs)) : charges;
}

/** Until there is another charge, milliseconds; 0 while there is one. */
export function waitMs(spent: readonly Spent[], ability: AbilityName, nowMs: number): number {
  const used = spent.find((one) => one.ability === ability);
  return used && chargesAt(spent, ability, nowMs) === 0 ? used.nextAtMs - nowMs : 0;
}

/** Takes a charge: it must be there. `cooldownMs`: of this use. Gives the list as it is then. */
export function spend(
  spent: readonly Spent[],
  { ability, cooldownMs, nowMs }: { ability: AbilityName; cooldownMs: number; nowMs: number },
): Spent[] {
  const others = spent.filter((one) => one.ability !== ability && !isWhole(one, nowMs));
  const charges = chargesAt(spent, ability, nowMs);
  const used = spent.find((one) => one.ability === ability && !isWhole(one, nowMs));
  const nextAtMs = used ? used.nextAtMs + comeBack(used, nowMs) * ABILITIES[ability].cooldownMs : nowMs + cooldownMs;
  return [...others, { ability, charges: charges - 1, nextAtMs }];
}

function isWhole(spent: Spent, nowMs: number): boolean {
  return spent.charges + comeBack(spent, nowMs) >= ABILITIES[spent.ability].charges;
}

/** Charges that came back since, the table's cap not counted. */
function comeBack({ ability, nextAtMs }: Spent, nowMs: number): number {
  return nowMs < nextAtMs ? 0 : 1 + Math.floor((nowMs - nextAtMs) / ABILITIES[ability].cooldownMs);
}
