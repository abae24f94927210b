/** Cast: made-up players with names and teams, for matches of bots. */
import { randomUUID } from "node:crypto";
import type { GameMode } from "#client/index.ts";

export const GAME_MODES = [
  "deathmatch",
  "team_deathmatch",
  "capture_the_flag",
  "king_of_the_hill",
  "domination",
  "elimination",
] as const satisfies readonly GameMode[];

export type CastPlayer = { readonly playerId: string; readonly teamId: string; readonly name: string };

const NAMES = [
  "Ada",
  "Bob",
  "Cleo",
  "Dario",
  "Edda",
  "Falk",
  "Gina",
  "Hugo",
  "Iris",
  "Jonas",
  "Kira",
  "Lev",
  "Mona",
  "Nils",
  "Oda",
  "Pavel",
  "Quinn",
  "Rosa",
  "Sami",
  "Tara",
  "Uwe",
  "Vera",
  "Wim",
  "Xenia",
  "Yuri",
  "Zoe",
  "Arne",
  "Bela",
  "Cora",
  "Dima",
  "Elif",
  "Finn",
  "Greta",
  "Hana",
  "Ivo",
  "Jule",
  "Karim",
  "Lotte",
  "Milo",
  "Nora",
  "Otto",
  "Pia",
  "Ruben",
  "Suri",
  "Timo",
  "Ulla",
  "Vito",
  "Wanda",
  "Yara",
  "Zeno",
] as const; // As many as a session has seats.

/** Two teams taking turns, or everybody alone in deathmatch. */
export function castMatch(playerCount: number, mode: GameMode): CastPlayer[] {
  const teams = [randomUUID(), randomUUID()] as const;
  return Array.from({ length: playerCount }, (_, index) => {
    const playerId = randomUUID();
    const teamId = mode === "deathmatch" ? playerId : teams[(index % 2) as 0 | 1];
    return { playerId, teamId, name: NAMES[index % NAMES.length]! };
  });
}
