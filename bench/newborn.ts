/** Newborn: a session with everybody in their seats, as a benchmark begins with it. The same draws give the same session. */
import { Session } from "#combat/session/session.ts";
import { FIRST_MAP } from "#combat/sim/content.ts";
import { EVERYTHING } from "#combat/sim/loadout.ts";
import type { Clock } from "#kit/clock.ts";
import { nextBelow, type Rng } from "#kit/rng.ts";
import { createUuid } from "./ids.ts";

type Crowd = { readonly players: number; readonly tickRateHz: number };

type Birth = { readonly owner: string; readonly rng: Rng; readonly clock: Clock };

export function newborn({ players, tickRateHz }: Crowd, { owner, rng, clock }: Birth): Session {
  const settings = {
    gameMode: "team_deathmatch" as const,
    mapId: FIRST_MAP,
    maxRounds: 20,
    timeLimitMinutes: 60,
    scoreLimit: 500,
    tickRateHz,
    maxPlayers: players,
    autoStart: false,
    allowSpectators: true,
    isPrivate: false,
    reconnectGraceSeconds: 300,
    respawnSeconds: 1,
    friendlyFire: false,
  };
  const start = { id: createUuid(rng), hostPlayerId: createUuid(rng), seed: nextBelow(rng, 2 ** 20), settings };
  const born = { epoch: 1, owner, version: 1, createdAtMs: clock.unixMs(), lastSeq: 0 };
  const session = new Session({ ...start, ...born }, clock.nowMs());
  const teams = [createUuid(rng), createUuid(rng)];
  for (let slot = 0; slot < players; slot++) {
    session.handleSeat(clock.unixMs(), {
      playerId: createUuid(rng),
      teamId: teams[slot % 2]!,
      slot,
      joinedAtMs: clock.unixMs(),
      listed: true,
      confirmed: true,
      connection: "expected",
      joinKey: null,
      graceUsedMs: 0,
      displayName: "",
      loadout: EVERYTHING,
    });
  }
  return session;
}
