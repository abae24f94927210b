/** The player port by the local rule and over real gRPC, and what the latter makes of answers it does not like. */
import { status } from "@grpc/grpc-js";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type PlayerService, profileOf, UNKNOWN_PLAYER } from "#combat/related/player.ts";
import { createGrpcPlayers } from "#combat/related/player-grpc.ts";
import { createLocalPlayers } from "#combat/related/player-local.ts";
import { PlayerService as PlayerContract } from "#gen/necpgame/player/v1/player_service_pb.js";
import { patiently } from "#support/patiently.ts";
import { openClient } from "#support/related-client.ts";
import { type StandIn, startStandIn } from "#support/stand-in.ts";
import { playerServiceContract } from "./player-service.contract.ts";

describe("by the local rule", () => {
  playerServiceContract(createLocalPlayers);

  test("nobody has a name, everybody has everything", async () => {
    expect(await profileOf(createLocalPlayers(), "ann")).toEqual({
      displayName: "",
      loadout: { weapons: null, abilities: null },
    });
  });
});

describe("over gRPC", () => {
  const ADA = "11111111-1111-4111-8111-111111111111";
  let standIn: StandIn<typeof PlayerContract>;
  let players: PlayerService;
  const warnings: string[] = [];

  beforeAll(async () => {
    standIn = await startStandIn(PlayerContract, { getPlayer: ({ playerId }) => ({ playerId, displayName: "Ada" }) });
    players = createGrpcPlayers({
      client: openClient(standIn.target),
      warn: (_, words) => warnings.push(words),
    });
    await patiently(() => players.profile(ADA));
  });
  beforeEach(() => {
    warnings.length = 0;
    standIn.failure = null;
    standIn.replies.getPlayer = ({ playerId }) => ({ playerId, displayName: "Ada" });
  });
  afterAll(() => {
    players.close();
    standIn.kill();
  });

  playerServiceContract(() => players);

  const long = "x".repeat(33);
  test.each([
    { name: "as it is", said: { displayName: "Ada 🗝" }, displayName: "Ada 🗝", weapons: null, warned: 0 },
    { name: "no name", said: {}, displayName: "", weapons: null, warned: 0 },
    {
      name: "the longest name",
      said: { displayName: "🗝".repeat(32) },
      displayName: "🗝".repeat(32),
      weapons: null,
      warned: 0,
    },
    { name: "a name too long is none", said: { displayName: long }, displayName: "", weapons: null, warned: 1 },
    { name: "a line break in a name", said: { displayName: "A\nda" }, displayName: "", weapons: null, warned: 1 },
    {
      name: "a mark that turns the text",
      said: { displayName: "A\u202Eda" },
      displayName: "",
      weapons: null,
      warned: 1,
    },
    {
      ...{ name: "weapons in order, each once", displayName: "", warned: 0 },
      said: { loadout: { weapons: ["shotgun", "assault_rifle", "shotgun"] } },
      weapons: ["shotgun", "assault_rifle"],
    },
    {
      ...{ name: "unknown weapons are passed over", displayName: "", warned: 1 },
      said: { loadout: { weapons: ["orbital_cannon", "shotgun", "__proto__"] } },
      weapons: ["shotgun"],
    },
    {
      ...{ name: "a loadout of unknown weapons alone is everything", displayName: "", warned: 1 },
      said: { loadout: { weapons: ["orbital_cannon"] } },
      weapons: null,
    },
    { name: "an empty loadout is everything", said: { loadout: {} }, displayName: "", weapons: null, warned: 0 },
  ])("$name", async ({ said, displayName, weapons, warned }) => {
    standIn.replies.getPlayer = ({ playerId }) => ({ playerId, ...said });
    expect(await patiently(() => players.profile(ADA))).toEqual({
      ok: true,
      value: { displayName, loadout: { weapons, abilities: null }, profiledBy: "player_service" },
    });
    expect(warnings.length).toBe(warned);
  });

  test("abilities in order, each once, unknown ones passed over", async () => {
    const loadout = { abilityIds: ["heal", "orbital_strike", "dash", "heal"] };
    standIn.replies.getPlayer = ({ playerId }) => ({ playerId, loadout });
    const known = { weapons: null, abilities: ["heal", "dash"] };
    expect(await patiently(() => players.profile(ADA))).toEqual({
      ok: true,
      value: { displayName: "", loadout: known, profiledBy: "player_service" },
    });
    expect(warnings.length).toBe(1);
  });

  test("an answer about somebody else is nonsense", async () => {
    standIn.replies.getPlayer = () => ({ playerId: "22222222-2222-4222-8222-222222222222" });
    expect(await patiently(() => players.profile(ADA))).toEqual({ ok: false, why: "nonsense" });
  });

  test("without an answer the seat is given by the local rule", async () => {
    standIn.failure = status.INTERNAL;
    expect(await profileOf(players, ADA)).toEqual({ ...UNKNOWN_PLAYER, profiledBy: "fallback" });
  });
});
