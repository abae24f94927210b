/** Content: the door to the tables of the game: weapons and maps. Changing a number there changes every match. */

export {
  type Blast,
  type Burst,
  type Flight,
  type Pellet,
  STARTING_WEAPON,
  WEAPON_NAMES,
  WEAPONS,
  type Weapon,
  type WeaponName,
} from "./content/weapons.ts";
export { FIRST_MAP, type GameMap, MAPS, type Wall } from "./maps.ts";
