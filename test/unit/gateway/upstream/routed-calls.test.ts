/** Routed calls: followed to where the session is, made again only where nothing was done, and never with an address told. */
import { create } from "@bufbuild/protobuf";
import { beforeEach, describe, expect, test } from "vitest";
import { CALL_HOPS_MAX } from "#gateway/limits.ts";
import { type Instance, Instances } from "#gateway/upstream/instances.ts";
import { createRoutedCalls, type RoutedCalls } from "#gateway/upstream/routed-calls.ts";
import type { UnaryClient } from "#gateway/upstream/unary-client.ts";
import { CombatSessionSchema } from "#gen/necpgame/combat/v1/session_pb.js";
import {
  CombatSessionService,
  CreateSessionRequestSchema,
  GetSessionRequestSchema,
} from "#gen/necpgame/combat/v1/session_service_pb.js";
import { ManualClock } from "#kit/clock.ts";
import { silentLog } from "#kit/log.ts";
import { no, ok, type Problem, problem } from "#wire/problem.ts";

const ID = "00000000-0000-4000-8000-000000000001";
const { getSession, createSession } = CombatSessionService.method;
const NO_ROOM = problem("UNAVAILABLE", "No new sessions here just now", { reason: "no_room", retry_after_ms: 1000 });
const AWAY = problem("UNAVAILABLE", "the combat service cannot be reached just now; try again");

const servedAt = (target: string) => problem("UNAVAILABLE", "Another instance serves it", { served_at: target });

/** By target; null: it answers. */
let says: { [target: string]: Problem | null };
let serving: { [target: string]: boolean };
let unreachable: readonly string[];
let asked: string[];
let timeouts: number[];

beforeEach(() => {
  says = {};
  serving = {};
  unreachable = [];
  asked = [];
  timeouts = [];
});

function instanceAt(target: string): Instance {
  const call = async (...[, , { timeoutMs }]: Parameters<UnaryClient["call"]>) => {
    asked.push(target);
    timeouts.push(timeoutMs ?? Number.POSITIVE_INFINITY);
    const why = says[target] ?? null;
    return why === null ? ok(create(CombatSessionSchema, { id: target })) : no(why);
  };
  return {
    target,
    relay: { open: () => {}, send: () => true, isUp: () => true, awaySinceMs: () => null, close: async () => {} },
    calls: {
      call: call as unknown as UnaryClient["call"],
      isReachable: () => !unreachable.includes(target),
      isServing: async () => serving[target] ?? false,
      close: () => {},
    },
  };
}

function calls(...seeds: string[]): RoutedCalls {
  return createRoutedCalls({
    instances: new Instances({ seeds, create: instanceAt, clock: new ManualClock(), log: silentLog }),
    deadlineMs: 5_000,
  });
}

const read = (routed: RoutedCalls) =>
  routed.call(getSession, create(GetSessionRequestSchema, { sessionId: ID }), { authorization: "Bearer x" });
const found = (routed: RoutedCalls) =>
  routed.call(createSession, create(CreateSessionRequestSchema), { authorization: "Bearer x" });

describe("a call about a session", () => {
  test("goes on to where it is served, and the next one goes there at once", async () => {
    says = { a: servedAt("z") };
    const routed = calls("a");
    expect(await read(routed)).toMatchObject({ ok: true, value: { id: "z" } });
    expect(await read(routed)).toMatchObject({ ok: true, value: { id: "z" } });
    expect(asked).toEqual(["a", "z", "z"]);
  });

  test("is sent to and fro for so long only, within one deadline, and no address is told", async () => {
    says = { a: servedAt("b"), b: servedAt("c"), c: servedAt("d"), d: servedAt("e") };
    const answer = await read(calls("a"));
    expect(answer).toMatchObject({ ok: false, problem: { error: "UNAVAILABLE" } });
    expect(JSON.stringify(answer)).not.toContain("served_at");
    expect(asked).toHaveLength(1 + CALL_HOPS_MAX);
    for (let hop = 1; hop < timeouts.length; hop++) expect(timeouts[hop]).toBeLessThan(timeouts[hop - 1]!);
  });

  test("is not made again at an instance that was asked already", async () => {
    says = { a: servedAt("b"), b: servedAt("a") };
    expect((await read(calls("a"))).ok).toBe(false);
    expect(asked).toEqual(["a", "b"]);
  });

  test("is not made again when an instance cannot be reached: it may have been done", async () => {
    says = { a: AWAY, b: AWAY };
    expect(await read(calls("a", "b"))).toEqual(no(AWAY));
    expect(asked).toHaveLength(1);
  });
});

describe("a creation", () => {
  test("goes to another instance when one has no room", async () => {
    says = { a: NO_ROOM };
    const routed = calls("a", "b");
    for (let time = 0; time < 4; time++) expect(await found(routed)).toMatchObject({ ok: true, value: { id: "b" } });
  });

  test("is refused when none has room", async () => {
    says = { a: NO_ROOM, b: NO_ROOM };
    expect(await found(calls("a", "b"))).toEqual(no(NO_ROOM));
    expect(asked.toSorted()).toEqual(["a", "b"]);
  });

  test.each([
    { name: "the other of two", full: ["b"], roomy: "a" },
    { name: "the last of many", full: ["a", "b", "c", "e", "f"], roomy: "d" },
  ])("finds $name that has room, whoever else is founding just then", async ({ full, roomy }) => {
    says = Object.fromEntries(full.map((target) => [target, NO_ROOM]));
    const routed = calls(...[...full, roomy].toSorted());
    const answers = await Promise.all([found(routed), found(routed)]);
    for (const answer of answers) expect(answer).toMatchObject({ ok: true, value: { id: roomy } });
  });

  test("asks each once that can be reached before it is refused, whoever else is founding just then", async () => {
    const seeds = ["a", "b", "c", "d", "e", "f"];
    says = Object.fromEntries(seeds.map((target) => [target, NO_ROOM]));
    unreachable = ["c"];
    const routed = calls(...seeds);
    expect(await Promise.all([found(routed), found(routed)])).toEqual([no(NO_ROOM), no(NO_ROOM)]);
    expect(asked.toSorted()).toEqual(["a", "a", "b", "b", "d", "d", "e", "e", "f", "f"]);
  });
});

test("combat serves when one of the seeds does", async () => {
  const routed = calls("a", "b");
  expect(await routed.isServing()).toBe(false);
  serving = { b: true };
  expect(await routed.isServing()).toBe(true);
});
