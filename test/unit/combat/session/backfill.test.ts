/** Backfill: a match that loses players asks for others, once for each seat, and no other session does. */
import { expect, test } from "vitest";
import { answered } from "#combat/related/answer.ts";
import type { BackfillAsked } from "#combat/related/matchmaking.ts";
import { Backfill } from "#combat/session/backfill.ts";
import type { SessionSettings } from "#combat/session/settings.ts";
import { silentLog } from "#kit/log.ts";
import { Stage } from "./fixture.ts";

function open(changed: Partial<SessionSettings> = {}) {
  const asked: Omit<BackfillAsked, "sessionId">[] = [];
  const requestBackfill = ({ sessionId: _, ...rest }: BackfillAsked) => {
    asked.push(rest);
    return Promise.resolve(answered(true));
  };
  const backfill = new Backfill({ matchmaking: { requestBackfill, close() {} }, log: silentLog });
  const stage = new Stage({ maxPlayers: 8, ...changed });
  const leave = (playerId: string) => stage.session.handleLeave(stage.clock.unixMs(), playerId);
  return { stage, asked, leave, tick: () => backfill.handleTick(stage.session) };
}

test("one request for each team that lost seats, and none again", () => {
  const { stage, asked, leave, tick } = open();
  for (const playerId of ["ann", "cid", "eve"]) stage.seat(playerId, { teamId: "red" });
  for (const playerId of ["bob", "dan"]) stage.seat(playerId, { teamId: "blue" });
  stage.status("active");
  for (const playerId of ["ann", "dan", "cid"]) leave(playerId);
  tick();
  tick();
  expect(asked).toEqual([
    { teamId: "red", seats: 2 },
    { teamId: "blue", seats: 1 },
  ]);
});

test("where everybody plays alone no team is named", () => {
  const { stage, asked, leave, tick } = open({ gameMode: "deathmatch" });
  for (const playerId of ["ann", "bob", "cid"]) stage.seat(playerId);
  stage.status("active");
  leave("cid");
  tick();
  expect(asked).toEqual([{ teamId: "", seats: 1 }]);
});

test("a seat that is given up by being away too long is asked for as well", () => {
  const { stage, asked, tick } = open({ reconnectGraceSeconds: 1 });
  stage.seat("cid", { teamId: "red" });
  stage.seat("ann", { teamId: "red" });
  const bob = stage.seat("bob", { teamId: "blue" });
  stage.seat("dan", { teamId: "blue" });
  stage.status("active");
  stage.session.handleDisconnect(0, bob);
  for (let ticks = 0; ticks < 25; ticks++) stage.session.handleTick(ticks * 50, 0);
  tick();
  expect(asked).toEqual([{ teamId: "blue", seats: 1 }]);
});

test.each([
  { name: "before the match", begins: false, leaves: ["ann"] },
  { name: "when the match is over with it", begins: true, leaves: ["ann"] },
])("$name nobody is asked for", ({ begins, leaves }) => {
  const { stage, asked, leave, tick } = open();
  stage.seat("ann");
  stage.seat("bob");
  if (begins) stage.status("active");
  for (const playerId of leaves) leave(playerId);
  tick();
  expect(asked).toEqual([]);
});
