/** Orders: what players and services ask of a session between two ticks, what is answered, and how much is taken. */
import { describe, expect, test } from "vitest";
import { ACTIONS_PER_TICK_MAX, DAMAGE_KEYS_MAX, DAMAGE_PER_TICK_MAX, MOVES_PER_TICK_MAX } from "#combat/limits.ts";
import { actionOutcome } from "#combat/session/action-outcome.ts";
import { planLeave } from "#combat/session/changes.ts";
import type { ActionOrder } from "#combat/session/orders.ts";
import { blow, must, problemOf, RELOAD, Stage, TICK_MS } from "./fixture.ts";

describe("damage by a service", () => {
  test("is dealt at the next tick and answered by its number", () => {
    const stage = new Stage();
    const { bob } = stage.startDuel();
    const id = must(stage.session.handleDamage(blow("bob", { attackerId: "ann", damage: 2_500 }), null));
    expect(stage.session.fighter(bob)?.health).toBe(10_000);
    stage.tick();
    expect(stage.session.fighter(bob)?.health).toBe(7_500);
    expect(stage.session.pollOutcomes()).toEqual([{ kind: "damage", id, lost: 2_500, health: 7_500, killed: false }]);
  });

  test("with the same key is dealt once: underway it is asked to come back, then it gets the same answer", () => {
    const stage = new Stage();
    const { bob } = stage.startDuel();
    must(stage.session.handleDamage(blow("bob"), "key"));
    expect(problemOf(stage.session.handleDamage(blow("bob"), "key"))).toBe("UNAVAILABLE");
    stage.tick();
    const [first] = stage.session.pollOutcomes();
    expect(must(stage.session.handleDamage(blow("bob"), "key"))).toEqual(first);
    stage.tick();
    expect(stage.session.fighter(bob)?.health).toBe(9_000);
    expect(stage.session.pollOutcomes()).toEqual([]);
  });

  test("with another key, or none, is dealt again", () => {
    const stage = new Stage();
    const { bob } = stage.startDuel();
    for (const key of ["one", "two", null, null]) must(stage.session.handleDamage(blow("bob"), key));
    stage.tick();
    expect(stage.session.fighter(bob)?.health).toBe(6_000);
  });

  test("a refusal is not remembered: the same key may be tried again", () => {
    const stage = new Stage();
    stage.seat("ann");
    stage.seat("bob");
    expect(problemOf(stage.session.handleDamage(blow("bob"), "key"))).toBe("INVALID_STATE_TRANSITION");
    stage.status("active");
    expect(problemOf(stage.session.handleDamage(blow("nobody"), "key"))).toBe("PARTICIPANT_NOT_FOUND");
    expect(stage.session.handleDamage(blow("bob"), "key").ok).toBe(true);
  });

  test("keys are remembered up to a number, the oldest forgotten first", () => {
    const stage = new Stage({ scoreLimit: 1_000 });
    stage.startDuel();
    for (let key = 0; key <= DAMAGE_KEYS_MAX; key++) {
      must(stage.session.handleDamage(blow("bob", { damage: 0 }), `key-${key}`));
      if (key % 100 === 0) stage.tick();
    }
    stage.tick();
    expect(typeof must(stage.session.handleDamage(blow("bob"), "key-1"))).toBe("object");
    expect(typeof must(stage.session.handleDamage(blow("bob"), "key-0"))).toBe("number");
  });

  test.each([
    { name: "an unknown target", order: blow("nobody") },
    { name: "an unknown attacker", order: blow("bob", { attackerId: "nobody" }) },
    { name: "a target who left", order: blow("cid") },
    { name: "an attacker who left", order: blow("bob", { attackerId: "cid" }) },
  ])("to or by $name is refused", ({ order }) => {
    const stage = new Stage();
    stage.startDuel();
    stage.seat("cid");
    must(stage.carryOut(planLeave(stage.session, "cid")));
    expect(problemOf(stage.session.handleDamage(order, null))).toBe("PARTICIPANT_NOT_FOUND");
  });

  test("wins a match as shots do, told to all", () => {
    const stage = new Stage({ maxRounds: 1, scoreLimit: 1 });
    stage.startDuel();
    stage.session.pollEvents();
    must(stage.session.handleDamage(blow("bob", { attackerId: "ann", damage: 20_000 }), null));
    stage.tick();
    expect(stage.told()).toEqual(["damage_dealt", "player_killed", "round_ended", "session_ended"]);
    expect(stage.session).toMatchObject({ status: "ended", endReason: "victory", winnerTeamId: "team-1" });
    expect(stage.session.pollRecordChanged()).toBe(true);
  });
});

describe("between two ticks", () => {
  test.each([
    { name: "actions of one player", max: ACTIONS_PER_TICK_MAX, ask: "action" },
    { name: "moves of one player", max: MOVES_PER_TICK_MAX, ask: "move" },
    { name: "damage calls", max: DAMAGE_PER_TICK_MAX, ask: "damage" },
  ])("$max $name are taken, one more is RATE_LIMITED, and the next tick takes as many again", ({ max, ask }) => {
    const stage = new Stage();
    const { ann, bob } = stage.startDuel();
    const asked = () => {
      if (ask === "action") return problemOf(stage.act(ann, RELOAD));
      if (ask === "move") return problemOf(stage.move(ann, 0));
      return problemOf(stage.session.handleDamage(blow("bob", { damage: 1 }), null));
    };
    for (let round = 0; round < 2; round++) {
      expect(new Set(Array.from({ length: max }, asked))).toEqual(new Set(["none"]));
      expect(asked()).toBe("RATE_LIMITED");
      expect(problemOf(stage.act(bob, RELOAD))).toBe("none"); // Another's measure is full still.
      stage.tick();
    }
  });
});

describe("actions", () => {
  const attack: ActionOrder = { ...RELOAD, type: "attack" };
  const ability: ActionOrder = { ...RELOAD, type: "ability" };

  test.each<{ name: string; order: ActionOrder; reason: string }>([
    { name: "an ability", order: { ...ability, abilityId: "flight" }, reason: "unknown_ability" },
    { name: "an ability of no object", order: { ...ability, abilityId: "toString" }, reason: "unknown_ability" },
    {
      name: "a special move that moves nobody",
      order: { ...ability, type: "special_move", abilityId: "shield" },
      reason: "unknown_ability",
    },
    { name: "an ability on nobody", order: { ...ability, abilityId: "stun" }, reason: "unknown_target" },
    {
      name: "an ability on a stranger",
      order: { ...ability, abilityId: "stun", targetId: "nobody" },
      reason: "unknown_target",
    },
    { name: "a switch to nothing", order: { ...RELOAD, type: "switch_weapon" }, reason: "wrong_weapon" },
    {
      name: "an item there is none of",
      order: { ...RELOAD, type: "use_item", itemId: "potion" },
      reason: "unknown_item",
    },
    { name: "no item", order: { ...RELOAD, type: "use_item" }, reason: "unknown_item" },
    { name: "an item in vain", order: { ...RELOAD, type: "use_item", itemId: "medkit" }, reason: "full_health" },
    { name: "a shot at nobody", order: attack, reason: "unknown_target" },
    { name: "a shot at a stranger", order: { ...attack, targetId: "nobody" }, reason: "unknown_target" },
    { name: "a reload of a full magazine", order: RELOAD, reason: "full_magazine" },
    { name: "a shot at oneself", order: { ...attack, targetId: "ann" }, reason: "unknown_target" },
    {
      name: "a shot by another weapon",
      order: { ...attack, weapon: "shotgun", targetId: "bob" },
      reason: "wrong_weapon",
    },
  ])("$name is answered $reason, with what is in the magazine", ({ order, reason }) => {
    const stage = new Stage();
    const { ann } = stage.startDuel();
    const taken = must(stage.act(ann, order));
    stage.tick();
    const [played] = stage.session.pollOutcomes();
    const outcome = typeof taken === "number" ? played : taken;
    expect(outcome).toMatchObject({ kind: "refused", reason, ammunition: 30 });
  });

  test.each([
    { name: "an ability by name", order: { ...ability, abilityId: "shield" } },
    { name: "a special move by name", order: { ...ability, type: "special_move", abilityId: "dash" } },
    { name: "a special move without a name", order: { ...ability, type: "special_move" } },
  ] as const)("$name is used, and told by the player's name", ({ order }) => {
    const stage = new Stage();
    const { ann } = stage.startDuel();
    stage.told();
    must(stage.act(ann, order));
    stage.tick();
    const [used, applied] = stage.session.pollEvents();
    expect(used?.body).toMatchObject({ kind: "ability_used", playerId: "ann", targetId: null });
    expect(applied?.body).toMatchObject({ kind: "effect_applied", targetId: "ann", sourceId: "ann" });
    const [outcome] = stage.session.pollOutcomes();
    expect(actionOutcome(outcome as Extract<typeof outcome, { kind: "done" }>, stage.session.roster)).toMatchObject({
      used: { effects: [{ targetId: "ann" }] },
    });
  });

  test("a pause keeps the time of effects, of what is used, of energy and of fields", () => {
    const stage = new Stage();
    const { ann } = stage.startDuel();
    const { x, y, z } = stage.session.fighter(ann)!.position;
    const field: ActionOrder = { ...ability, abilityId: "slow_field", spot: { x: x + 100, y, z } };
    for (const order of [{ ...ability, abilityId: "shield" }, field]) {
      must(stage.act(ann, order));
    }
    stage.tick();
    must(stage.act(ann, { ...RELOAD, type: "use_item", itemId: "energy_cell" }));
    stage.tick();
    const lasting = () => {
      const { effects, energy, spent, items } = stage.session.fighter(ann)!;
      return structuredClone({ effects, energy, spent, items, fields: stage.session.world.fields });
    };
    const before = lasting();
    stage.status("paused");
    stage.tick(10_000 / TICK_MS);
    stage.status("active");
    expect(lasting()).toEqual(before);
    stage.tick(4_000 / TICK_MS);
    expect(stage.session.fighter(ann)).toMatchObject({ effects: [], items: { using: null, left: { energy_cell: 1 } } });
  });

  test.each([
    ["waiting", "not_active"],
    ["paused", "paused"],
  ] as const)("while %s are refused at once as %s", (status, reason) => {
    const stage = new Stage();
    const ann = stage.seat("ann");
    stage.seat("bob");
    if (status === "paused") for (const step of ["active", "paused"] as const) stage.status(step);
    expect(must(stage.act(ann, RELOAD))).toMatchObject({
      kind: "refused",
      reason,
    });
  });

  test("name the players they hit", () => {
    const stage = new Stage();
    const { ann, bob } = stage.startDuel();
    stage.session.fighter(ann)!.position = { x: 2_000, y: 13_000, z: 0 };
    stage.session.fighter(bob)!.position = { x: 3_000, y: 13_000, z: 0 };
    must(stage.act(ann, { ...attack, targetId: "bob" }));
    stage.tick();
    const [outcome] = stage.session.pollOutcomes();
    if (outcome?.kind !== "done") throw new Error("the shot was refused");
    expect(actionOutcome(outcome, stage.session.roster)).toMatchObject({
      hit: { struck: "player", targetId: "bob", damage: 2_275 },
    });
  });

  test("of one who left are not carried out by the next in the seat", () => {
    const stage = new Stage();
    const { ann } = stage.startDuel();
    stage.seat("cid", { teamId: "team-1" });
    const id = must(stage.act(ann, { ...attack, targetId: "bob" }));
    must(stage.carryOut(planLeave(stage.session, "ann")));
    const dan = stage.seat("dan", { teamId: "team-1" });
    expect(dan.slot).toBe(ann.slot);
    stage.tick();
    expect(stage.session.fighter(dan)).toMatchObject({ shotsFired: 0, magazine: { assault_rifle: 30 } });
    expect(stage.session.pollOutcomes()).toMatchObject([{ id, kind: "refused", reason: "not_active" }]);
  });

  test("and damage meant for one who left do not meet the next in the seat", () => {
    const stage = new Stage();
    const { bob } = stage.startDuel();
    stage.seat("cid", { teamId: "team-2" });
    const id = must(stage.session.handleDamage(blow("bob"), null));
    must(stage.carryOut(planLeave(stage.session, "bob")));
    const dan = stage.seat("dan", { teamId: "team-2" });
    expect(dan.slot).toBe(bob.slot);
    stage.tick();
    expect(stage.session.fighter(dan)?.health).toBe(10_000);
    expect(stage.session.pollOutcomes()).toMatchObject([{ id, kind: "damage", lost: 0 }]);
  });

  test("and damage by one who left are not credited to the next in the seat, nor are shots aimed at it", () => {
    const stage = new Stage();
    const { ann, bob } = stage.startDuel();
    stage.seat("cid", { teamId: "team-2" });
    const order = { ...attack, targetId: "bob" };
    const shot = must(stage.act(ann, order));
    must(stage.session.handleDamage(blow("cid", { attackerId: "bob" }), null));
    must(stage.carryOut(planLeave(stage.session, "bob")));
    const dan = stage.seat("dan", { teamId: "team-2" });
    expect(dan.slot).toBe(bob.slot);
    stage.tick();
    expect(stage.session.fighter(dan)).toMatchObject({ health: 10_000, damageDealt: 0 });
    expect(stage.session.pollOutcomes()).toMatchObject([
      { id: shot, kind: "refused", reason: "unknown_target", ammunition: 30 },
      { kind: "damage", lost: 1_000 },
    ]);
  });
});
