/** Profiles of a whole roster: in its order, a few questions at a time. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { answered, unanswered } from "#combat/related/answer.ts";
import { PROFILES_ASKED_MAX } from "#combat/related/limits.ts";
import { type PlayerService, profilesOf, UNKNOWN_PLAYER } from "#combat/related/player.ts";

test("a roster is asked about a few at a time, and a seat nobody knows is given all the same", async () => {
  let [underway, most] = [0, 0];
  const players: PlayerService = {
    async profile(playerId) {
      most = Math.max(most, ++underway);
      await nextTurn();
      underway -= 1;
      return playerId === "p3" ? unanswered("failed") : answered({ ...UNKNOWN_PLAYER, displayName: playerId });
    },
    close() {},
  };
  const roster = Array.from({ length: 2 * PROFILES_ASKED_MAX + 1 }, (_, at) => `p${at}`);
  const profiles = await profilesOf(players, roster);
  expect(profiles.map(({ displayName }) => displayName)).toEqual(roster.map((id) => (id === "p3" ? "" : id)));
  expect(profiles[3]).toMatchObject({ profiledBy: "fallback" });
  expect(most).toBe(PROFILES_ASKED_MAX);
});
