/** Checks of moves from the session's side: their setting, a removal that lasts, and match time that was late. */
import { describe, expect, test } from "vitest";
import { planLeave, planSeat } from "#combat/session/changes.ts";
import { readCheckModes } from "#combat/session/check-modes.ts";
import { Lateness } from "#combat/session/lateness.ts";
import { sessionOf, stateOf } from "#combat/session/state.ts";
import { allIn } from "#combat/sim/suspicion.ts";
import { decodeState, encodeState } from "#combat/stores/state-codec.ts";
import { OWNER, Stage } from "./fixture.ts";

describe("MOVEMENT_CHECKS", () => {
  test.each([
    { text: "enforce", checks: allIn("enforce") },
    { text: "shadow", checks: allIn("shadow") },
    { text: "speed=off", checks: { ...allIn("enforce"), speed: "off" } },
    { text: "shadow, clipping=enforce,rate=off", checks: { ...allIn("shadow"), clipping: "enforce", rate: "off" } },
    { text: "speed=off,shadow", checks: allIn("shadow") },
    { text: "on", checks: null },
    { text: "speed", checks: null },
    { text: "speed=on", checks: null },
    { text: "jump=off", checks: null },
    { text: "shadow,", checks: null },
    { text: "", checks: null },
  ])("'$text'", ({ text, checks }) => {
    expect(readCheckModes(text)).toEqual(checks);
  });
});

test("who was removed does not come back, also after the session was restored; who left does", () => {
  const stage = new Stage();
  for (const playerId of ["ann", "bob", "cid"]) stage.seat(playerId);
  const { session } = stage;
  for (const [playerId, why] of [
    ["ann", "removed"],
    ["bob", null],
  ] as const) {
    const left = planLeave(session, playerId, why);
    if (!left.ok) throw new Error(left.problem.message);
    expect(left.value.record?.participants.find((other) => other.playerId === playerId)?.removed).toBe(
      why ? true : undefined,
    );
    left.value.apply({ nowMs: 0, unixMs: 0 });
    const ask = { playerId, teamId: null, listed: false, key: null, newTeamId: "team", unixMs: 0 };
    const again = sessionOf(decodeState(encodeState(stateOf(session))), { epoch: 1, owner: OWNER }, 0);
    for (const asked of [session, again]) {
      const seat = planSeat(asked, ask);
      const error = seat.ok ? null : seat.problem.error;
      expect(error === "FORBIDDEN").toBe(why !== null);
    }
    const told = session.pollEvents().find(({ body }) => body.kind === "player_left");
    expect(told?.body).toEqual(
      why ? { kind: "player_left", playerId, reason: why } : { kind: "player_left", playerId },
    );
  }
});

test("match time that falls behind is told once each time, by whichever comes first", () => {
  let told = 0;
  const lateness = new Lateness(50, 0, () => {
    told += 1;
  });
  const expectTold = (count: number) => expect(told).toBe(count);
  lateness.handleTick(50);
  lateness.handleTick(130); // Late by 30, and made up for.
  lateness.handleTick(150);
  expectTold(0);
  lateness.handleMove(2_000);
  lateness.handleMove(2_001);
  lateness.handleTick(2_002);
  expectTold(1);
  for (let tick = 1; tick <= 10; tick++) lateness.handleTick(2_002 + tick * 70); // A fifth slower.
  expectTold(2);
});
