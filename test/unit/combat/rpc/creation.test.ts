/** Creation: an instance without room or time says so by name, when to come again, and creates nothing. */
import { create } from "@bufbuild/protobuf";
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

const PRINCIPAL: Principal = {
  playerId: "11111111-1111-4111-8111-111111111111",
  roles: new Set(["player"]),
  name: null,
  sessionId: null,
  expiresAtUnixMs: Number.MAX_SAFE_INTEGER,
};

test.each([
  { name: "as many sessions as it may have", host: { room: 0, isSpent: false }, accepts: true, retryMs: 1_000 },
  { name: "matches that take all of its time", host: { room: 9, isSpent: true }, accepts: true, retryMs: 5_000 },
  { name: "a drain under way", host: { room: 9, isSpent: false }, accepts: false, retryMs: 1_000 },
])("an instance with $name refuses new sessions", async ({ host, accepts, retryMs }) => {
  let created = 0;
  const sessions = { create: async () => ({ kind: "created", count: ++created }) } as unknown as SessionStore;
  const there = { owner: "one", adopt: () => undefined, ...host } as unknown as SessionHost;
  const calls = lifecycleCalls({
    desk: new Desk(there, nowhere()),
    sessions,
    players: createLocalPlayers(),
    clock: new ManualClock(),
    checks: allIn("enforce"),
    acceptsSessions: () => accepts,
  });
  const asked = create(CreateSessionRequestSchema, { gameMode: GameMode.DEATHMATCH });
  const answer = calls.createSession(asked, { principal: PRINCIPAL, signal: new AbortController().signal });
  await expect(answer).rejects.toMatchObject({
    problem: { error: "UNAVAILABLE", details: { retry_after_ms: retryMs } },
  });
  expect(created).toBe(0);
});
