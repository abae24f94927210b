/** What the player service said of a player holds for as long as the seat: told, recorded, kept, and there again. */
import { describe, expect, test } from "vitest";
import { participantOf, recordOf, reopen } from "#combat/session/record.ts";
import { sessionOf, stateOf } from "#combat/session/state.ts";
import { hashWorld } from "#combat/sim/hash.ts";
import type { Loadout } from "#combat/sim/loadout.ts";
import { decodeState, encodeState } from "#combat/stores/state-codec.ts";
import { must, OWNER, Stage } from "./fixture.ts";

const loadout: Loadout = { weapons: ["shotgun", "sniper_rifle"], abilities: ["dash", "heal"] };
const PROFILE = { displayName: "Ada 🗝", loadout, profiledBy: "player_service" } as const;

function stage(): Stage {
  const duel = new Stage();
  duel.seat("ann", { profile: PROFILE });
  duel.seat("bob");
  return duel;
}

test("the join is told with the name, and of the nameless with none", () => {
  const joins = stage()
    .session.pollEvents()
    .flatMap(({ body }) => (body.kind === "player_joined" ? [body] : []));
  expect(joins).toMatchObject([
    { playerId: "ann", displayName: "Ada 🗝", profiledBy: "player_service" },
    { playerId: "bob", displayName: "" },
  ]);
});

test("the fighter has the loadout, and the first weapon in hand", () => {
  const { session } = stage();
  expect(session.world.fighters[0]).toMatchObject({ loadout, weapon: "shotgun" });
  expect(session.world.fighters[1]).toMatchObject({
    loadout: { weapons: null, abilities: null },
    weapon: "assault_rifle",
  });
});

describe("another owner", () => {
  test("finds both in the live copy", () => {
    const { session, clock } = stage();
    const back = sessionOf(decodeState(encodeState(stateOf(session))), { epoch: 2, owner: OWNER }, clock.nowMs());
    expect(back.roster.seat("ann")).toMatchObject(PROFILE);
    expect(back.world.fighters[0]?.loadout).toEqual(loadout);
    expect(hashWorld(back.world)).toBe(hashWorld(session.world));
  });

  test("finds both in the record alone", () => {
    const { session, clock } = stage();
    const record = JSON.parse(JSON.stringify(recordOf(session)));
    const back = reopen(record, { nowMs: clock.nowMs(), unixMs: clock.unixMs() });
    expect(back.roster.seat("ann")).toMatchObject(PROFILE);
    expect(back.world.fighters[0]).toMatchObject({ loadout, weapon: "shotgun" });
  });

  test("takes a record of an older release as everything for the nameless", () => {
    const { session, clock } = stage();
    const record = recordOf(session);
    for (const participant of record.participants) {
      delete participant.displayName;
      delete participant.loadout;
    }
    const back = reopen(record, { nowMs: clock.nowMs(), unixMs: clock.unixMs() });
    expect(back.roster.seat("ann")).toMatchObject({ displayName: "", loadout: { weapons: null, abilities: null } });
  });
});

test("who left and comes back is who the service says by then", () => {
  const duel = stage();
  duel.session.handleLeave(duel.clock.unixMs(), "ann");
  expect(participantOf(duel.session.roster.seat("ann")!, null)).toMatchObject(PROFILE);
  const again = must(
    duel.join("ann", { profile: { displayName: "Ada II", loadout: { weapons: ["assault_rifle"], abilities: null } } }),
  );
  expect(duel.session.world.fighters[again.slot]?.loadout).toEqual({ weapons: ["assault_rifle"], abilities: null });
  expect(recordOf(duel.session).participants.filter(({ playerId }) => playerId === "ann")).toMatchObject([
    { displayName: "Ada II" },
  ]);
});
