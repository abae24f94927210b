/** The gate: a player's actions keep their order while one of them is asked about, and nobody else waits. */
import { describe, expect, test } from "vitest";
import { ABILITIES_ASKED_MAX, ACTIONS_HELD_MAX } from "#combat/limits.ts";
import { type AbilitiesService, type AbilityVerdict, BY_THE_TABLE } from "#combat/related/abilities.ts";
import { type Answer, answered, unanswered } from "#combat/related/answer.ts";
import { ActionGate } from "#combat/session/action-gate.ts";
import { silentLog } from "#kit/log.ts";

const GRANTED: AbilityVerdict = { allowed: true, grant: { cost: 500, cooldownMs: 1_000 } };
const DENIED: AbilityVerdict = { allowed: false, reason: "not_learnt", cooldownMs: 0 };

class Stand {
  readonly asked: string[] = [];
  readonly done: string[] = [];
  readonly gate: ActionGate;
  private readonly answers = new Map<string, (answer: Answer<AbilityVerdict>) => void>();

  constructor(isElsewhere = true) {
    const abilities: AbilitiesService = {
      isElsewhere,
      authorize: ({ playerId, abilityId }) => {
        this.asked.push(`${playerId} ${abilityId}`);
        return new Promise((resolve) => this.answers.set(abilityId, resolve));
      },
      close() {},
    };
    this.gate = new ActionGate({ abilities, log: silentLog });
  }

  /** One action by its name; `ability` when it is to be asked about. */
  act(name: string, { playerId = "ann", ability = false } = {}): boolean {
    const carryOut = (verdict: AbilityVerdict) => {
      const how =
        verdict.allowed && verdict.unanswered
          ? " unanswered"
          : verdict === BY_THE_TABLE
            ? ""
            : verdict.allowed
              ? " granted"
              : ` ${verdict.reason}`;
      this.done.push(`${name}${how}`);
    };
    return this.gate.pass({ sessionId: "s", playerId, abilityId: ability ? name : null, carryOut });
  }

  async answer(name: string, answer: Answer<AbilityVerdict>): Promise<void> {
    this.answers.get(name)?.(answer);
    for (let turn = 0; turn < 3; turn++) await Promise.resolve();
  }
}

test("nothing waits where nobody is asked: abilities by the table, at once", () => {
  const stand = new Stand(false);
  stand.act("shot");
  stand.act("blink", { ability: true });
  expect([stand.done, stand.asked]).toEqual([["shot", "blink"], []]);
});

test("what is no ability does not wait", () => {
  const stand = new Stand();
  stand.act("shot");
  expect(stand.done).toEqual(["shot"]);
});

test("an ability waits for its verdict, and what comes after it waits for it", async () => {
  const stand = new Stand();
  stand.act("blink", { ability: true });
  stand.act("shot");
  stand.act("bob's shot", { playerId: "bob" });
  expect(stand.done).toEqual(["bob's shot"]);
  await stand.answer("blink", answered(GRANTED));
  expect(stand.done).toEqual(["bob's shot", "blink granted", "shot"]);
  stand.act("another");
  expect(stand.done.at(-1)).toBe("another");
});

test("answers out of order change no order", async () => {
  const stand = new Stand();
  stand.act("blink", { ability: true });
  stand.act("stun", { ability: true });
  stand.act("shot");
  await stand.answer("stun", answered(DENIED));
  expect(stand.done).toEqual([]);
  await stand.answer("blink", answered(GRANTED));
  expect(stand.done).toEqual(["blink granted", "stun not_learnt", "shot"]);
});

test("without an answer the table decides", async () => {
  const stand = new Stand();
  stand.act("blink", { ability: true });
  await stand.answer("blink", unanswered("late"));
  expect(stand.done).toEqual(["blink unanswered"]);
});

describe("at the caps", () => {
  test("no more abilities of one player are asked about at once; others' are", () => {
    const stand = new Stand();
    for (let count = 0; count < ABILITIES_ASKED_MAX; count++) {
      expect(stand.act(`ability ${count}`, { ability: true })).toBe(true);
    }
    expect(stand.act("one more", { ability: true })).toBe(false);
    expect(stand.act("bob's", { playerId: "bob", ability: true })).toBe(true);
    expect(stand.asked.length).toBe(ABILITIES_ASKED_MAX + 1);
  });

  test("no more actions of one player are held", async () => {
    const stand = new Stand();
    stand.act("blink", { ability: true });
    for (let count = 1; count < ACTIONS_HELD_MAX; count++) expect(stand.act(`shot ${count}`)).toBe(true);
    expect(stand.act("one more")).toBe(false);
    await stand.answer("blink", answered(GRANTED));
    expect(stand.done.length).toBe(ACTIONS_HELD_MAX);
    expect(stand.act("afterwards")).toBe(true);
  });
});

test("an action that throws does not keep back those after it", async () => {
  const stand = new Stand();
  stand.act("blink", { ability: true });
  const carryOut = () => {
    throw new Error("broken");
  };
  stand.gate.pass({ sessionId: "s", playerId: "ann", abilityId: null, carryOut });
  stand.act("shot");
  await stand.answer("blink", answered(GRANTED));
  expect(stand.done).toEqual(["blink granted", "shot"]);
});
