/** Abilities and items from outside: alike over both socket formats, REST and gRPC, told to everybody, paid once. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ActionResult, WireFormat } from "#client/index.ts";
import type { ClientData } from "#client/messages.ts";
import { ActionType, EffectKind } from "#gen/necpgame/combat/v1/realtime_pb.js";
import { CombatSessionService } from "#gen/necpgame/combat/v1/session_service_pb.js";
import { GrpcCaller } from "#support/grpc-caller.ts";
import { bodyOf, restCaller } from "#support/rest.ts";
import { type System, startSystem } from "#support/system.ts";
import { createMatch, hurt, openAll } from "./match.ts";
import type { Viewer } from "./viewer.ts";

const FORMATS = ["json", "protobuf"] as const satisfies readonly WireFormat[];

let system: System;

beforeAll(async () => {
  system = await startSystem();
});

afterAll(async () => {
  await system?.stop();
});

/** Does it on this socket and gives the answer. */
function act(viewer: Viewer, data: ClientData["combat_action"]): Promise<ActionResult> {
  const seq = viewer.input("combat_action", data);
  const isAnswer = (message: { type: string }) =>
    message.type === "action_result" && (message as ActionResult).seq === seq;
  return viewer.until(`an answer to ${data.action_type}`, () => viewer.messages.find(isAnswer) as ActionResult);
}

describe.each(FORMATS)("over combat.v1.%s", (format) => {
  test("an ability is paid, lies on its user, and everybody is told and shown it", async () => {
    const match = await createMatch(system, format);
    const [ada, bob] = await openAll(system, match);
    const [adaId] = match.playerIds;
    expect(await act(ada, { action_type: "ability", ability_id: "shield" })).toMatchObject({
      success: true,
      cost: 30,
      cooldown_ms: 14_000,
      effects: [{ target_id: adaId, effect: "shield", potency: 0.5, stacks: 1, duration_ms: 4_000 }],
    });
    for (const viewer of [ada, bob]) {
      expect((await viewer.event("ability_used")).data).toEqual({ player_id: adaId, ability_id: "shield", cost: 30 });
      expect((await viewer.event("effect_applied")).data).toMatchObject({ target_id: adaId, effect: "shield" });
      await viewer.until(
        "the shield in a state",
        () => viewer.view.players.get(adaId)?.effects[0]?.effect === "shield",
      );
      expect(viewer.view.players.get(adaId)?.energy).toBeLessThan(75);
    }
    const refused = await act(ada, { action_type: "ability", ability_id: "shield" });
    expect(refused).toMatchObject({ success: false, reason: "cooldown", cost: 0, effects: [] });
    expect(refused.cooldown_ms).toBeGreaterThan(10_000);
    await bob.until("the end of it", () => bob.events.some(({ event }) => event === "effect_ended"));
  });

  test("a field lies on the ground for whoever comes later, too", async () => {
    const match = await createMatch(system, format);
    const [ada, bob] = await openAll(system, match);
    const { x, y, z } = ada.view.you?.position ?? { x: 0, y: 0, z: 0 };
    const target_position = { x: x + 2, y, z };
    expect(await act(ada, { action_type: "ability", ability_id: "slow_field", target_position })).toMatchObject({
      success: true,
      cost: 40,
    });
    const lies = { ability_id: "slow_field", player_id: match.playerIds[0], radius: 4 };
    await bob.until("the field", () => bob.view.ground.length > 0);
    expect(bob.view.ground).toMatchObject([lies]);
    const [again] = await openAll(system, match);
    expect(again.view.ground).toMatchObject([lies]);
  });

  test("an item heals when its time has come, and a special move moves without a name", async () => {
    const match = await createMatch(system, format);
    const [ada, bob] = await openAll(system, match);
    const [adaId] = match.playerIds;
    expect(await act(ada, { action_type: "use_item", item_id: "medkit" })).toMatchObject({ reason: "full_health" });
    await hurt(system, match, adaId, 60);
    expect(await act(ada, { action_type: "use_item", item_id: "medkit" })).toMatchObject({ success: true });
    await bob.until("what is used", () => bob.view.players.get(adaId)?.usingItem === "medkit");
    expect((await bob.event("item_used")).data).toEqual({ player_id: adaId, item_id: "medkit", left: 1 });
    expect((await bob.event("player_healed")).data).toMatchObject({ player_id: adaId, amount: 50, health: 90 });
    expect(await act(ada, { action_type: "special_move" })).toMatchObject({
      success: true,
      action_type: "special_move",
      effects: [{ effect: "haste" }],
    });
    expect(await act(ada, { action_type: "ability", ability_id: "flight" })).toMatchObject({
      reason: "unknown_ability",
    });
  });
});

test("REST and gRPC answer alike, and say what is missing", async () => {
  const match = await createMatch(system, "json");
  await openAll(system, match);
  const [adaId, bobId] = match.playerIds;
  const path = `/sessions/${match.sessionId}/actions`;
  const call = restCaller(system.url, await system.token(adaId));
  const boost = { action_type: "ability", ability_id: "damage_boost" };
  expect(bodyOf(await call("POST", path, boost), 200)).toMatchObject({ success: true, cost: 35 });
  expect(bodyOf(await call("POST", path, { action_type: "use_item", item_id: "antidote" }), 200)).toMatchObject({
    success: false,
    reason: "nothing_to_cure",
  });
  expect(bodyOf(await call("POST", path, { action_type: "ability" }), 400)).toMatchObject({
    details: { field: "ability_id" },
  });

  const grpc = new GrpcCaller(system.grpc);
  const request = { sessionId: match.sessionId, actionType: ActionType.ABILITY, abilityId: "shield" };
  const { performAction } = CombatSessionService.method;
  const token = await system.token(bobId);
  expect(await grpc.call(performAction, request, token)).toMatchObject({
    success: true,
    cost: 3_000,
    effects: [{ targetId: bobId, effect: EffectKind.SHIELD, potency: 50, durationMs: 4_000 }],
  });
  expect(await grpc.call(performAction, request, token)).toMatchObject({ success: false, reason: "cooldown" });
  grpc.close();
});
