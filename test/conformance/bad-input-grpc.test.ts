/**
 * Bad input over gRPC, straight to combat: whatever is wrong is answered by code, ErrorDetail and field, and changes
 * nothing. What protobuf can carry and JSON cannot (NaN, numbers no enum has) is tried here, over Connect as well.
 */
import { create, type DescMethodUnary, type MessageInitShape } from "@bufbuild/protobuf";
import { status } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ActionType, DamageType, type ServerMessage } from "#gen/necpgame/combat/v1/realtime_pb.js";
import { CameraMode, GameMode, SessionStatus } from "#gen/necpgame/combat/v1/session_pb.js";
import { CombatSessionService, PlayRequestSchema } from "#gen/necpgame/combat/v1/session_service_pb.js";
import { GrpcCaller, grpcRefusalOf } from "#support/grpc-caller.ts";
import { bodyOf, restCaller } from "#support/rest.ts";
import { openScene, type Place, type Scene, snapshot, type Who } from "#support/scene.ts";
import { type System, startSystem } from "#support/system.ts";

const { createSession, getSession, updateSession, endSession, startSession, pauseSession, resumeSession } =
  CombatSessionService.method;
const { joinSession, leaveSession, updatePosition, performAction, applyDamage } = CombatSessionService.method;

let system: System;
let scene: Scene;
let grpc: GrpcCaller;
beforeAll(async () => {
  system = await startSystem({ env: { COMBAT_CALLS_PER_SECOND: "10000", GATEWAY_REQUESTS_PER_PLAYER: "100000" } });
  scene = await openScene(system);
  grpc = new GrpcCaller(system.grpc);
});
afterAll(async () => {
  grpc?.close();
  await system?.stop();
});

type Names = { id: string; alice: string; bob: string; unknown: string };

type Row = {
  readonly what: string;
  readonly call: (token: string | null, names: Names) => Promise<unknown>;
  readonly who?: Who;
  readonly place?: Place;
  readonly code: status;
  readonly error: string;
  readonly field?: string;
};

/** One refused call. The request is made when the ids are known. */
function row<Method extends DescMethodUnary>(
  what: string,
  method: Method,
  request: (names: Names) => MessageInitShape<Method["input"]>,
  refusal: Pick<Row, "code" | "error" | "field" | "who" | "place">,
): Row {
  return {
    what: `${method.name}: ${what}`,
    call: (token, names) => grpc.call(method, request(names), token),
    ...refusal,
  };
}

const invalid = (field: string, who: Who = "alice") => {
  return { code: status.INVALID_ARGUMENT, error: "INVALID_ARGUMENT", field, who };
};
const denied = (who: Who) => ({ code: status.PERMISSION_DENIED, error: "FORBIDDEN", who });
const illegal = (place: Place, who: Who = "alice") => {
  return { code: status.FAILED_PRECONDITION, error: "INVALID_STATE_TRANSITION", place, who };
};
const unknown = { code: status.NOT_FOUND, error: "SESSION_NOT_FOUND" };

const moveTo =
  (x: number, y = 0, z = 0) =>
  ({ id: sessionId }: Names) => ({ sessionId, position: { x, y, z } });
const hurt = (damage: number, damageType: DamageType = DamageType.BULLET) => {
  return ({ id: sessionId, bob: targetId }: Names) => ({ sessionId, targetId, damage, damageType });
};
const only = ({ id: sessionId }: Names) => ({ sessionId });
const shoot =
  (x: number, y: number, z: number) =>
  ({ id: sessionId }: Names) => {
    return { sessionId, actionType: ActionType.ATTACK, direction: { x, y, z } };
  };
const NO_ENUM = 99 as never;

const VALUES: Row[] = [
  row("no game mode", createSession, () => ({}), invalid("game_mode")),
  row("a mode that no enum has", createSession, () => ({ gameMode: NO_ENUM }), invalid("game_mode")),
  row(
    "too many rounds",
    createSession,
    () => ({ gameMode: GameMode.DEATHMATCH, maxRounds: 4_294_967_295 }),
    invalid("max_rounds"),
  ),
  row(
    "a respawn of NaN",
    createSession,
    () => ({ gameMode: GameMode.DEATHMATCH, respawnSeconds: Number.NaN }),
    invalid("respawn_seconds"),
  ),
  row(
    "a player whose id is none",
    createSession,
    () => ({ gameMode: GameMode.DEATHMATCH, participants: [{ playerId: "bob" }] }),
    invalid("participants[0].player_id"),
  ),
  row(
    "a key of 129 characters",
    createSession,
    () => ({ gameMode: GameMode.DEATHMATCH, idempotencyKey: "k".repeat(129) }),
    invalid("idempotency_key"),
  ),
  row("a status that no enum has", updateSession, (names) => ({ ...only(names), status: NO_ENUM }), invalid("status")),
  row(
    "a round beyond the last",
    updateSession,
    (names) => ({ ...only(names), currentRound: 11 }),
    invalid("current_round"),
  ),
  row("no position", updatePosition, only, invalid("position")),
  row("NaN", updatePosition, moveTo(Number.NaN), invalid("x")),
  row("Infinity", updatePosition, moveTo(0, Number.POSITIVE_INFINITY), invalid("y")),
  row("-Infinity", updatePosition, moveTo(0, 0, Number.NEGATIVE_INFINITY), invalid("z")),
  row("1e308", updatePosition, moveTo(1e308), invalid("x")),
  row("a yaw of NaN", updatePosition, (names) => ({ ...moveTo(1)(names), yaw: Number.NaN }), invalid("yaw")),
  row("a pitch over the top", updatePosition, (names) => ({ ...moveTo(1)(names), pitch: 90.5 }), invalid("pitch")),
  row("no action type", performAction, only, invalid("action_type")),
  row(
    "an action that no enum has",
    performAction,
    (names) => ({ ...only(names), actionType: NO_ENUM }),
    invalid("action_type"),
  ),
  row("a shot nowhere", performAction, shoot(0, 0, 0), invalid("direction")),
  row("a shot to NaN", performAction, shoot(1, Number.NaN, 0), invalid("direction.y")),
  row("damage of NaN", applyDamage, hurt(Number.NaN), invalid("damage", "service")),
  row("damage of Infinity", applyDamage, hurt(Number.POSITIVE_INFINITY), invalid("damage", "service")),
  row("damage that heals", applyDamage, hurt(-1), invalid("damage", "service")),
  row("damage of no kind", applyDamage, hurt(1, DamageType.UNSPECIFIED), invalid("damage_type", "service")),
  row("damage of a kind that no enum has", applyDamage, hurt(1, NO_ENUM), invalid("damage_type", "service")),
  row("an id that is none", getSession, () => ({ sessionId: "123" }), invalid("session_id")),
  row("no id", getSession, () => ({}), invalid("session_id")),
];

const PLACES_AND_PEOPLE: Row[] = [
  row("an unknown session", getSession, (names) => ({ sessionId: names.unknown }), unknown),
  row("an unknown session", joinSession, (names) => ({ sessionId: names.unknown }), unknown),
  row("an unknown session", endSession, (names) => ({ sessionId: names.unknown }), unknown),
  row("an unknown session", updatePosition, (names) => ({ ...moveTo(1)(names), sessionId: names.unknown }), unknown),
  row("not the host", updateSession, (names) => ({ ...only(names), status: SessionStatus.PAUSED }), denied("bob")),
  row("not the host", pauseSession, only, denied("bob")),
  row("not the host", endSession, only, denied("bob")),
  row("for another", joinSession, (names) => ({ ...only(names), playerId: names.bob }), denied("carol")),
  row("for another", leaveSession, (names) => ({ ...only(names), playerId: names.bob }), denied("carol")),
  row("for another", updatePosition, (names) => ({ ...moveTo(1)(names), playerId: names.bob }), denied("alice")),
  row("for another", performAction, (names) => ({ ...shoot(1, 0, 0)(names), playerId: names.bob }), denied("alice")),
  row("by a player", applyDamage, hurt(5), denied("alice")),
  row("by a spectator", updatePosition, moveTo(1), denied("watcher")),
  row("by a token of another session", updatePosition, moveTo(1), denied("elsewhere")),
  row("private", getSession, only, { ...denied("carol"), place: "private" }),
  row("who does not play", updatePosition, moveTo(1), {
    code: status.NOT_FOUND,
    error: "PARTICIPANT_NOT_FOUND",
    who: "carol",
  }),
  row("a full one", joinSession, only, { code: status.FAILED_PRECONDITION, error: "SESSION_FULL", who: "carol" }),
  row(
    "a version that is past",
    updateSession,
    (names) => ({ ...only(names), status: SessionStatus.PAUSED, expectedVersion: 1 }),
    {
      code: status.ABORTED,
      error: "VERSION_CONFLICT",
    },
  ),
  row("an active one", startSession, only, illegal("active")),
  row("a waiting one", pauseSession, only, illegal("waiting")),
  row("an active one", resumeSession, only, illegal("active")),
  row("an ended one", startSession, only, illegal("ended")),
  row("an ended one", joinSession, only, illegal("ended", "carol")),
  row("in an ended one", updatePosition, moveTo(1), illegal("ended")),
  row("in a paused one", applyDamage, hurt(5), illegal("paused", "service")),
];

const TOKENS: Row[] = (["nobody", "expired", "forged", "garbled"] as const).flatMap((who) => {
  const refusal = { code: status.UNAUTHENTICATED, error: "UNAUTHENTICATED", who };
  return [
    row(`${who}'s token`, createSession, () => ({ gameMode: GameMode.DEATHMATCH }), refusal),
    row(`${who}'s token`, getSession, only, refusal),
    row(`${who}'s token`, endSession, only, refusal),
    row(`${who}'s token`, updatePosition, moveTo(1), refusal),
  ];
});

const raw = (what: string, bytes: Uint8Array, error: string): Row => {
  return { what, call: (token) => grpc.callRaw(updateSession, bytes, token), code: status.INVALID_ARGUMENT, error };
};
const JUNK: Row[] = [
  raw("junk", new Uint8Array(64).fill(0xff), "INVALID_ARGUMENT"),
  raw("a varint that does not end", Uint8Array.of(0x10, 0x80, 0x80), "INVALID_ARGUMENT"),
  raw("a text longer than its message", Uint8Array.of(0x0a, 0x7f, 0x61), "INVALID_ARGUMENT"),
  raw("more than 64 KiB", new Uint8Array(64 * 1024 + 1), "PAYLOAD_TOO_LARGE"),
];

const TABLE = {
  "wrong values": VALUES,
  "unknown, not yours, in the wrong state": PLACES_AND_PEOPLE,
  "without a good token": TOKENS,
  "no requests": JUNK,
};

function namesIn(place: Place): Names {
  const [id, alice, bob, none] = scene.fill("{id} {alice} {bob} {unknown}", place).split(" ") as [
    string,
    string,
    string,
    string,
  ];
  return { id, alice, bob, unknown: none };
}

describe.each(Object.entries(TABLE))("gRPC, %s", (_, rows) => {
  test.each(rows)("$what is $error", async ({ call, who = "alice", place = "active", code, error, field }: Row) => {
    await scene.unchanged(place, async () => {
      const refused = await call(scene.tokens[who], namesIn(place)).then(() => "accepted" as const, grpcRefusalOf);
      expect(refused).toMatchObject({ code, detail: { error } });
      if (field !== undefined && refused !== "accepted") expect(refused.detail.details).toMatchObject({ field });
    });
  });
});

describe.each(["url", "connect"] as const)("Connect's JSON at the %s of the system", (port) => {
  test.each([
    ["UpdatePosition", '{"sessionId":"{id}","position":{"x":"NaN"}}', "alice"],
    ["UpdatePosition", '{"sessionId":"{id}","position":{"z":"-Infinity"}}', "alice"],
    ["UpdatePosition", '{"sessionId":"{id}","position":{"x":1e400}}', "alice"],
    ["UpdatePosition", '{"sessionId":"{id}","position":[1,2,3]}', "alice"],
    ["ApplyDamage", '{"sessionId":"{id}","targetId":"{bob}","damage":"NaN","damageType":1}', "service"],
    ["PerformAction", '{"sessionId":"{id}","actionType":99}', "alice"],
    ["CreateSession", '{"gameMode":"BATTLE_ROYALE"}', "alice"],
  ] as const)("%s refuses %s", async (method, text, who) => {
    await scene.unchanged("active", async () => {
      const call = restCaller(system[port], scene.tokens[who]);
      const answer = await call("POST", `/${CombatSessionService.typeName}/${method}`, scene.fill(text, "active"));
      expect(bodyOf(answer, 400)).toMatchObject({ code: "invalid_argument" });
    });
  });
});

/** What a Play stream answers to one message, and the session before and after. */
async function playOnce(message: MessageInitShape<typeof PlayRequestSchema>): Promise<ServerMessage["body"]> {
  const entered = Promise.withResolvers<void>();
  const finished = Promise.withResolvers<void>();
  const sessionId = scene.sessions.active;
  async function* requests() {
    yield create(PlayRequestSchema, { body: { case: "open", value: { sessionId } } });
    await entered.promise;
    yield create(PlayRequestSchema, message);
    await finished.promise;
  }
  const call = restCaller(system.url, scene.tokens.bob);
  let before: Awaited<ReturnType<typeof snapshot>> | null = null;
  try {
    for await (const { body } of grpc.play(requests(), scene.tokens.alice ?? "")) {
      if (body.case === "sessionState") {
        before = await snapshot(call, sessionId);
        entered.resolve();
      } else if (body.case === "error" || body.case === "positionCorrection") {
        expect(await snapshot(call, sessionId)).toEqual(before);
        return body;
      }
    }
    throw new Error("the stream ended without an answer");
  } finally {
    finished.resolve();
  }
}

test.each([
  ["NaN", { case: "positionUpdate", value: { x: Number.NaN } }],
  ["1e308", { case: "positionUpdate", value: { y: 1e308 } }],
  ["an action that no enum has", { case: "combatAction", value: { actionType: NO_ENUM } }],
  ["a shot nowhere", { case: "combatAction", value: { actionType: ActionType.ATTACK, direction: {} } }],
  ["nothing", { case: undefined }],
  ["a token, which streams do not refresh", { case: "authRefresh", value: { token: "x" } }],
] as const)("Play: %s is answered by an error in the stream", async (_, body) => {
  const answer = await playOnce({ body: { case: "message", value: { seq: 1, body } } });
  expect(answer).toMatchObject({ case: "error", value: { error: "INVALID_ARGUMENT" } });
});

test("Play: a camera, which players do not have, is refused in the stream", async () => {
  const body = { case: "cameraUpdate", value: { cameraMode: CameraMode.FREE } } as const;
  const answer = await playOnce({ body: { case: "message", value: { body } } });
  expect(answer).toMatchObject({ case: "error", value: { error: "FORBIDDEN" } });
});

test.each([
  ["nobody's token", "nobody", "active", "UNAUTHENTICATED"],
  ["an expired token", "expired", "active", "UNAUTHENTICATED"],
  ["a player without a seat", "carol", "active", "FORBIDDEN"],
  ["a spectator's token", "watcher", "active", "FORBIDDEN"],
  ["a session that is over", "alice", "ended", "INVALID_STATE_TRANSITION"],
] as const)("Play: %s does not open the stream", async (_, who, place, error) => {
  async function* requests() {
    yield create(PlayRequestSchema, { body: { case: "open", value: { sessionId: scene.sessions[place] } } });
  }
  await scene.unchanged(place, async () => {
    const messages = grpc.play(requests(), scene.tokens[who] ?? "");
    const refused = await messages.next().then(() => "accepted" as const, grpcRefusalOf);
    expect(refused).toMatchObject({ detail: { error } });
  });
});
