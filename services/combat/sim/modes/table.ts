/** The modes, by the contract's names. docs/GAMEPLAY.md shows the same table, and a test compares. */
import type { GameMap } from "../maps.ts";
import type { PlayedMode } from "../world.ts";
import { CAPTURE_THE_FLAG } from "./capture-the-flag.ts";
import { DEATHMATCH, TEAM_DEATHMATCH } from "./deathmatch.ts";
import { DOMINATION, ZONES } from "./domination.ts";
import { ELIMINATION } from "./elimination.ts";
import { KING_OF_THE_HILL } from "./king-of-the-hill.ts";
import type { Mode } from "./mode.ts";

export const MODES: Readonly<Record<PlayedMode, Mode>> = {
  deathmatch: DEATHMATCH,
  team_deathmatch: TEAM_DEATHMATCH,
  capture_the_flag: CAPTURE_THE_FLAG,
  king_of_the_hill: KING_OF_THE_HILL,
  domination: DOMINATION,
  elimination: ELIMINATION,
};

/** Whether a map carries a mode: it has what the mode needs. */
export function carries({ places }: GameMap, mode: PlayedMode): boolean {
  switch (MODES[mode].needs) {
    case "nothing":
      return true;
    case "bases":
      return places?.bases.length === 2;
    case "hills":
      return (places?.hills.length ?? 0) > 0;
    case "zones":
      return places?.zones.length === ZONES;
  }
}

/** The map's modes, in the order of the table. */
export function modesOf(map: GameMap): PlayedMode[] {
  return (Object.keys(MODES) as PlayedMode[]).filter((mode) => carries(map, mode));
}
