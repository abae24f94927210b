/** The abilities port by the local rule and over real gRPC: one suite for both, and answers outside of the contract. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { AbilitiesService } from "#combat/related/abilities.ts";
import { createGrpcAbilities } from "#combat/related/abilities-grpc.ts";
import { createLocalAbilities } from "#combat/related/abilities-local.ts";
import { COOLDOWN_SECONDS_MAX } from "#combat/related/limits.ts";
import { ABILITY_NAMES } from "#combat/sim/content/abilities.ts";
import { AbilitiesService as AbilitiesContract } from "#gen/necpgame/abilities/v1/abilities_service_pb.js";
import { patiently, timely } from "#support/patiently.ts";
import { openClient } from "#support/related-client.ts";
import { type StandIn, startStandIn } from "#support/stand-in.ts";

const asking = (abilityId: string) => {
  return { sessionId: "0b747a4c-6b60-41b4-ad6a-83c972ab1a52", playerId: "ada", abilityId };
};

function contract(open: () => AbilitiesService): void {
  test.each(ABILITY_NAMES)("%s: a verdict that a match can play by, in time", async (ability) => {
    const answer = await patiently(() => timely(open().authorize(asking(ability))));
    if (!answer.ok) throw new Error(`no answer: ${answer.why}`);
    if (!answer.value.allowed) return expect(answer.value.reason).toMatch(/^[a-z][a-z0-9_]*$/);
    const { cost, cooldownMs } = answer.value.grant ?? { cost: 0, cooldownMs: 0 };
    expect(cost >= 0 && cost <= 10_000 && Number.isInteger(cost)).toBe(true);
    expect(cooldownMs >= 0 && Number.isInteger(cooldownMs)).toBe(true);
  });
}

describe("by the local rule", () => {
  contract(createLocalAbilities);

  test("the table alone decides, and nobody need be asked", async () => {
    const abilities = createLocalAbilities();
    expect(abilities.isElsewhere).toBe(false);
    expect(await abilities.authorize(asking("dash"))).toEqual({ ok: true, value: { allowed: true, grant: null } });
  });
});

describe("over gRPC", () => {
  let standIn: StandIn<typeof AbilitiesContract>;
  let abilities: AbilitiesService;
  const replies = ({ abilityId }: { abilityId: string }) => {
    return { allowed: abilityId.length < 6, cost: 12.345, cooldownSeconds: 1.5, reason: "not_learnt" };
  };

  beforeAll(async () => {
    standIn = await startStandIn(AbilitiesContract, { authorizeAbility: replies });
    abilities = createGrpcAbilities(openClient(standIn.target));
    await patiently(() => abilities.authorize(asking("dash")));
  });
  beforeEach(() => {
    standIn.replies.authorizeAbility = replies;
  });
  afterAll(() => {
    abilities.close();
    standIn.kill();
  });

  contract(() => abilities);

  test("is asked by the names of the contract", async () => {
    await patiently(() => abilities.authorize(asking("dash")));
    expect(standIn.calls.at(-1)).toMatchObject({ method: "AuthorizeAbility", request: asking("dash") });
  });

  const denied = { allowed: false, reason: "not_learnt", cooldownMs: 0 };
  test.each([
    {
      name: "allowed, in whole hundredths and milliseconds",
      said: { allowed: true, cost: 12.345, cooldownSeconds: 1.5 },
      verdict: { allowed: true, grant: { cost: 1_235, cooldownMs: 1_500 } },
    },
    { name: "for nothing", said: { allowed: true }, verdict: { allowed: true, grant: { cost: 0, cooldownMs: 0 } } },
    { name: "denied", said: { reason: "not_learnt" }, verdict: denied },
    {
      name: "denied for a while",
      said: { reason: "cooldown", cooldownSeconds: 4 },
      verdict: { ...denied, reason: "cooldown", cooldownMs: 4_000 },
    },
    { name: "denied without a reason", said: {}, verdict: { ...denied, reason: "not_allowed" } },
    { name: "a reason not for showing", said: { reason: "No!\n" }, verdict: { ...denied, reason: "not_allowed" } },
    { name: "a cost below nothing", said: { allowed: true, cost: -1 }, verdict: null },
    { name: "a cost beyond all energy", said: { allowed: true, cost: 100.01 }, verdict: null },
    { name: "no number", said: { allowed: true, cost: Number.NaN }, verdict: null },
    {
      name: "a cooldown without end",
      said: { allowed: true, cooldownSeconds: Number.POSITIVE_INFINITY },
      verdict: null,
    },
    { name: "a cooldown too long", said: { allowed: true, cooldownSeconds: COOLDOWN_SECONDS_MAX + 1 }, verdict: null },
  ])("$name", async ({ said, verdict }) => {
    standIn.replies.authorizeAbility = () => said;
    const expected = verdict === null ? { ok: false, why: "nonsense" } : { ok: true, value: verdict };
    expect(await patiently(() => abilities.authorize(asking("dash")))).toEqual(expected);
    standIn.replies.authorizeAbility = replies;
    await patiently(() => abilities.authorize(asking("dash"))); // So that no row of nonsense opens the breaker.
  });
});
