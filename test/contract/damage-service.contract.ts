/** What every way of asking for damage keeps, whoever decides. A suite; the tests beside it bring the adapters. */
import { expect, test } from "vitest";
import type { DamageAsked, DamageService } from "#combat/related/damage.ts";
import { computeDamage, DAMAGE_MAX } from "#combat/sim/damage-sum.ts";
import { patiently, timely } from "#support/patiently.ts";

/** A hit of the rifle on somebody without armour. */
export const HIT: DamageAsked = {
  sessionId: "0b747a4c-6b60-41b4-ad6a-83c972ab1a52",
  attackerId: "11111111-1111-4111-8111-111111111111",
  targetId: "22222222-2222-4222-8222-222222222222",
  base: 2_275,
  damageType: "bullet",
  penetration: 300,
  critical: false,
  headshot: false,
  modifiers: [],
  armour: 0,
};

const boost = { kind: "percentage", value: 50, source: "damage_boost", stacks: 1 } as const;
const bonus = { kind: "flat", value: 350, source: "rune", stacks: 2 } as const;
const shield = { kind: "percentage", value: -75, source: "shield", stacks: 1 } as const;

/** `open` gives one whose rule is the game's own: the same question has the same answer, in these units. */
export function damageServiceContract(open: () => DamageService): void {
  test.each([
    { name: "a plain hit", changed: {} },
    { name: "nothing", changed: { base: 0 } },
    { name: "a critical one", changed: { critical: true } },
    { name: "more than the most", changed: { base: 3 * DAMAGE_MAX } },
    { name: "boosted, raised and shielded", changed: { modifiers: [boost, bonus, shield] } },
    { name: "weakened below nothing", changed: { modifiers: [{ ...bonus, value: -90_000 }] } },
    { name: "an explosion", changed: { damageType: "explosion" } as const },
  ])("$name: within bounds, by the game's rule, in time", async ({ changed }) => {
    const asked = { ...HIT, ...changed };
    const answer = await patiently(() => timely(open().compute(asked)));
    if (!answer.ok) throw new Error(`no answer: ${answer.why}`);
    const { damage, mitigation, critical } = computeDamage(asked);
    expect(answer.value).toEqual({ damage, mitigation, critical });
    expect(damage).toBeLessThanOrEqual(DAMAGE_MAX);
  });
}
