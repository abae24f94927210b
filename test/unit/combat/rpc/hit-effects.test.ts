/** Effects that the damage service sends with a hit: within the game's bounds, or refused by the field's name. */
import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { attempt, hitEffects } from "#combat/rpc/decode.ts";
import { EffectKind } from "#gen/necpgame/combat/v1/realtime_pb.js";
import { HitEffectSchema } from "#gen/necpgame/combat/v1/session_service_pb.js";

const BURN = { effect: EffectKind.BURN, potency: 0.5, durationSeconds: 2 };

function decoded(effects: Partial<typeof BURN>[]) {
  return attempt(() => hitEffects(effects.map((effect) => create(HitEffectSchema, { ...BURN, ...effect }))));
}

test.each([
  { name: "within the bounds", effect: {}, dose: { kind: "burn", potency: 50, durationMs: 2_000 } },
  { name: "the shortest", effect: { durationSeconds: 0.1 }, dose: { durationMs: 100 } },
  { name: "the longest", effect: { durationSeconds: 300 }, dose: { durationMs: 300_000 } },
  { name: "the strongest", effect: { potency: 1 }, dose: { potency: 100 } },
])("$name is taken", ({ effect, dose }) => {
  expect(decoded([effect])).toMatchObject({ ok: true, value: [dose] });
});

test("one without strength is none", () => {
  expect(decoded([{ potency: 0 }])).toEqual({ ok: true, value: [] });
});

describe("refused by name", () => {
  test.each([
    { name: "too short", effect: { durationSeconds: 0.09 }, field: "effects[1].duration_seconds" },
    { name: "too long", effect: { durationSeconds: 300.1 }, field: "effects[1].duration_seconds" },
    { name: "too strong", effect: { potency: 1.01 }, field: "effects[1].potency" },
    { name: "no number", effect: { potency: Number.NaN }, field: "effects[1].potency" },
    { name: "no kind", effect: { effect: EffectKind.UNSPECIFIED }, field: "effects[1].effect" },
    { name: "a kind that helps", effect: { effect: EffectKind.SHIELD }, field: "effects[1].effect" },
    { name: "a kind that is not known", effect: { effect: 99 as EffectKind }, field: "effects[1].effect" },
  ])("$name", ({ effect, field }) => {
    expect(decoded([{}, effect])).toMatchObject({ problem: { error: "INVALID_ARGUMENT", details: { field } } });
  });

  test("more than five", () => {
    expect(decoded(Array.from({ length: 5 }, () => ({})))).toMatchObject({ ok: true });
    expect(decoded(Array.from({ length: 6 }, () => ({})))).toMatchObject({
      problem: { details: { field: "effects" } },
    });
  });
});
