/**
 * The player service over gRPC.
 * Law: weapons and abilities that this release does not know are passed over and said in the log; where none of a kind
 *      is left, the player has all of it. A name that is too long, or not for showing, is none.
 */
import {
  type GetPlayerResponse,
  type Loadout as LoadoutMessage,
  PlayerService as PlayerContract,
} from "#gen/necpgame/player/v1/player_service_pb.js";
import { ABILITY_NAMES } from "../sim/content/abilities.ts";
import { WEAPON_NAMES } from "../sim/content.ts";
import { EVERYTHING, type Loadout } from "../sim/loadout.ts";
import { DISPLAY_NAME_CHARS_MAX, LOADOUT_NAMES_MAX } from "./limits.ts";
import type { PlayerService, Profile } from "./player.ts";
import type { RareLog } from "./rare-log.ts";
import type { ServiceClient } from "./service-client.ts";

/** Of the unknown names in one loadout, as many go into the log. */
const UNKNOWN_TOLD_MAX = 8;

export function createGrpcPlayers({ client, warn }: { client: ServiceClient; warn: RareLog }): PlayerService {
  return {
    profile: (playerId) =>
      client.ask(PlayerContract.method.getPlayer, { playerId }, (message) => profileIn(message, playerId, warn)),
    close: () => client.close(),
  };
}

/** Null when it is about somebody else. */
function profileIn(message: GetPlayerResponse, playerId: string, warn: RareLog): Profile | null {
  if (message.playerId !== playerId) return null;
  const loadout = loadoutIn(message.loadout, playerId, warn);
  return { displayName: nameIn(message, warn), loadout, profiledBy: "player_service" };
}

function nameIn({ playerId, displayName }: GetPlayerResponse, warn: RareLog): string {
  const length = [...displayName].length;
  if (length === 0) return "";
  // Control characters and marks that turn the way of writing would garble whatever shows the name.
  if (length <= DISPLAY_NAME_CHARS_MAX && !/[\p{Cc}\p{Bidi_Control}]/u.test(displayName)) return displayName;
  warn({ playerId, length }, "a player's name is too long or not for showing; the seat has none");
  return "";
}

function loadoutIn(message: LoadoutMessage | undefined, playerId: string, warn: RareLog): Loadout {
  if (message === undefined) return EVERYTHING;
  const weapons = knownIn(message.weapons, WEAPON_NAMES);
  const abilities = knownIn(message.abilityIds, ABILITY_NAMES);
  const unknown = [...weapons.unknown, ...abilities.unknown].slice(0, UNKNOWN_TOLD_MAX);
  if (unknown.length > 0) warn({ playerId, unknown }, "a loadout names what is not known here; that is left out");
  return { weapons: weapons.known, abilities: abilities.known };
}

/** Each name once, in order; null where none is known. */
function knownIn<Name extends string>(names: readonly string[], all: readonly Name[]) {
  const given = [...new Set(names.slice(0, LOADOUT_NAMES_MAX))];
  const isKnown = (name: string): name is Name => (all as readonly string[]).includes(name);
  const known = given.filter(isKnown);
  return { known: known.length > 0 ? known : null, unknown: given.filter((name) => !isKnown(name)) };
}
