/** The damage port by the local rule and over real gRPC, and what the latter makes of answers outside of the contract. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { DamageService } from "#combat/related/damage.ts";
import { createGrpcDamage } from "#combat/related/damage-grpc.ts";
import { createLocalDamage } from "#combat/related/damage-local.ts";
import { DamageType } from "#gen/necpgame/combat/v1/realtime_pb.js";
import { DamageService as DamageContract, ModifierKind } from "#gen/necpgame/damage/v1/damage_service_pb.js";
import { reckon } from "#support/damage-reckoner.ts";
import { patiently } from "#support/patiently.ts";
import { openClient } from "#support/related-client.ts";
import { type StandIn, startStandIn } from "#support/stand-in.ts";
import { damageServiceContract, HIT } from "./damage-service.contract.ts";

describe("by the local rule", () => {
  damageServiceContract(createLocalDamage);

  test("sessions need not ask: they sum up the same themselves", () => {
    expect(createLocalDamage().isElsewhere).toBe(false);
  });
});

describe("over gRPC", () => {
  let standIn: StandIn<typeof DamageContract>;
  let damage: DamageService;
  const validateDamage = () => ({ valid: true });

  beforeAll(async () => {
    standIn = await startStandIn(DamageContract, { computeDamage: reckon, validateDamage });
    damage = createGrpcDamage(openClient(standIn.target));
    await patiently(() => damage.compute(HIT));
  });
  beforeEach(() => {
    standIn.replies.computeDamage = reckon;
  });
  afterAll(() => {
    damage.close();
    standIn.kill();
  });

  damageServiceContract(() => damage);

  test("is asked in the contract's own units", async () => {
    const modifiers = [
      { kind: "flat", value: 350, source: "rune", stacks: 2 },
      { kind: "percentage", value: -75, source: "shield", stacks: 1 },
    ] as const;
    const hit = { ...HIT, base: 4_550, critical: true, headshot: true, damageType: "melee", modifiers } as const;
    await patiently(() => damage.compute(hit));
    expect(standIn.calls.at(-1)).toMatchObject({
      method: "ComputeDamage",
      request: {
        ...{ sessionId: HIT.sessionId, attackerId: HIT.attackerId, targetId: HIT.targetId },
        ...{ baseDamage: 45.5, damageType: DamageType.MELEE, armorPenetration: 0.3, criticalHit: true, headshot: true },
        modifiers: [
          { kind: ModifierKind.FLAT, value: 3.5, source: "rune", stacks: 2, durationSeconds: 0 },
          { kind: ModifierKind.PERCENTAGE, value: -0.75, source: "shield", stacks: 1, durationSeconds: 0 },
        ],
      },
    });
  });

  test.each([
    { name: "the most there is", said: { finalDamage: 1_000 }, decided: { damage: 100_000, mitigation: 0 } },
    {
      name: "a share for armour",
      said: { finalDamage: 10, mitigation: 0.25 },
      decided: { damage: 1_000, mitigation: 250 },
    },
    { name: "finer than hundredths", said: { finalDamage: 0.126 }, decided: { damage: 13, mitigation: 0 } },
    { name: "less than nothing", said: { finalDamage: -0.01 }, decided: null },
    { name: "beyond the most", said: { finalDamage: 1_000.01 }, decided: null },
    { name: "no number", said: { finalDamage: Number.NaN }, decided: null },
    { name: "without end", said: { finalDamage: Number.POSITIVE_INFINITY }, decided: null },
    { name: "armour that gives", said: { finalDamage: 1, mitigation: -0.1 }, decided: null },
    { name: "armour beyond all", said: { finalDamage: 1, mitigation: 1.001 }, decided: null },
    { name: "armour without a number", said: { finalDamage: 1, mitigation: Number.NaN }, decided: null },
  ])("$name", async ({ said, decided }) => {
    standIn.replies.computeDamage = () => said;
    const expected =
      decided === null ? { ok: false, why: "nonsense" } : { ok: true, value: { ...decided, critical: false } };
    expect(await patiently(() => damage.compute(HIT))).toEqual(expected);
    standIn.replies.computeDamage = reckon;
    await patiently(() => damage.compute(HIT)); // So that no row of nonsense opens the breaker.
  });
});
