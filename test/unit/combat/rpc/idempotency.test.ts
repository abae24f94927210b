/** Idempotency keys: a request is told from another by what was asked, not by what an instance adds to it. */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import type { Principal } from "#auth/principal.ts";
import { createLocalPlayers } from "#combat/related/player-local.ts";
import { Desk } from "#combat/rpc/desk.ts";
import { lifecycleCalls } from "#combat/rpc/lifecycle-calls.ts";
import type { SessionHost } from "#combat/session/host.ts";
import { allIn } from "#combat/sim/suspicion.ts";
import type { SessionStore } from "#combat/stores/session-store.ts";
import { GameMode } from "#gen/necpgame/combat/v1/session_pb.js";
import { CreateSessionRequestSchema } from "#gen/necpgame/combat/v1/session_service_pb.js";
import { ManualClock } from "#kit/clock.ts";
import { nowhere } from "#support/nowhere.ts";

const PLAYER = "11111111-1111-4111-8111-111111111111";

type Asked = Extract<MessageInitShape<typeof CreateSessionRequestSchema>, { $typeName?: undefined }>;

/** The fingerprint that an instance with these checks stores. */
async function fingerprint(request: Asked, mode: "enforce" | "shadow" = "enforce") {
  let seen: string | undefined;
  const sessions = {
    create: async (_record: unknown, key: { fingerprint: string } | null) => {
      seen = key?.fingerprint;
      return { kind: "created" };
    },
  } as unknown as SessionStore;
  const host = { owner: "one", room: 1, adopt: () => undefined } as unknown as SessionHost;
  const calls = lifecycleCalls({
    desk: new Desk(host, nowhere()),
    sessions,
    players: createLocalPlayers(),
    clock: new ManualClock(),
    checks: allIn(mode),
    acceptsSessions: () => true,
  });
  const principal: Principal = {
    playerId: PLAYER,
    roles: new Set(["player"]),
    name: null,
    sessionId: null,
    expiresAtUnixMs: Number.MAX_SAFE_INTEGER,
  };
  const asked = create(CreateSessionRequestSchema, {
    gameMode: GameMode.DEATHMATCH,
    idempotencyKey: "key",
    ...request,
  });
  await calls.createSession(asked, { principal, signal: new AbortController().signal });
  return seen;
}

test("the same request has the same fingerprint on every instance, under every key", async () => {
  const first = await fingerprint({});
  expect(first).toBeDefined();
  expect(await fingerprint({})).toBe(first);
  expect(await fingerprint({}, "shadow")).toBe(first);
  expect(await fingerprint({ idempotencyKey: "another" })).toBe(first);
});

test.each([
  { name: "another mode", request: { gameMode: GameMode.ELIMINATION } },
  { name: "another bound", request: { maxRounds: 3 } },
  { name: "a default said aloud", request: { maxRounds: 10 } },
  {
    name: "a player listed",
    request: { participants: [{ playerId: PLAYER }] },
  },
] satisfies { name: string; request: Asked }[])("$name is another request", async ({ request }) => {
  expect(await fingerprint(request)).not.toBe(await fingerprint({}));
});
