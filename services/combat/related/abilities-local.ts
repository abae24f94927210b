/** The local rule for abilities: everybody may use what the loadout has, at the cost and cooldown of the table. */
import { type AbilitiesService, BY_THE_TABLE } from "./abilities.ts";
import { answered } from "./answer.ts";

export function createLocalAbilities(): AbilitiesService {
  return {
    isElsewhere: false,
    authorize: () => Promise.resolve(answered(BY_THE_TABLE)),
    close: () => {},
  };
}
