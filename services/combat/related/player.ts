/**
 * Port of the game's player service: what a player is called and has along.
 * Order: none. Atomicity: each call by itself; it changes nothing. Loss: a call without an answer is not repeated.
 * Asked before a seat is given; what was answered then holds for as long as the seat.
 */
import { EVERYTHING, type Loadout } from "../sim/loadout.ts";
import type { Answer } from "./answer.ts";
import { PROFILES_ASKED_MAX } from "./limits.ts";

/** Who said it: the player service, or the local rule because that had no answer. */
export type ProfiledBy = "player_service" | "fallback";

export type Profile = {
  /** 1 to DISPLAY_NAME_CHARS_MAX characters; empty for a player nobody has named. */
  readonly displayName: string;
  readonly loadout: Loadout;
  /** Absent where the local rule alone decides. */
  readonly profiledBy?: ProfiledBy;
};

/** Of whom nothing is known: nameless, with everything. */
export const UNKNOWN_PLAYER: Profile = { displayName: "", loadout: EVERYTHING };

export type PlayerService = {
  /** Never rejects; what is wrong with an answer's parts is left out of the profile. */
  profile(playerId: string): Promise<Answer<Profile>>;
  close(): void;
};

/** Without an answer the seat is given all the same. */
export async function profileOf(players: PlayerService, playerId: string): Promise<Profile> {
  const answer = await players.profile(playerId);
  return answer.ok ? answer.value : { ...UNKNOWN_PLAYER, profiledBy: "fallback" };
}

/** In the order asked. A few at a time, so that one roster does not take the calls of all others. */
export async function profilesOf(players: PlayerService, playerIds: readonly string[]): Promise<Profile[]> {
  const profiles: Profile[] = [];
  for (let from = 0; from < playerIds.length; from += PROFILES_ASKED_MAX) {
    const some = playerIds.slice(from, from + PROFILES_ASKED_MAX);
    profiles.push(...(await Promise.all(some.map((playerId) => profileOf(players, playerId)))));
  }
  return profiles;
}
