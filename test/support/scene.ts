/**
 * Scene: sessions of alice and bob in every state, and a token for everybody who might come by; for tests of what is
 * refused. Whatever is refused leaves all of it as it was.
 * In:  a System.   Out: ids and tokens by name, and `unchanged`, which judges a session before and after.
 */
import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { CombatSession } from "#client/index.ts";
import { bodyOf, type RestCaller, readSession, restCaller } from "./rest.ts";
import type { System } from "./system.ts";

export const PLACES = ["waiting", "active", "paused", "ended", "private"] as const;
export type Place = (typeof PLACES)[number];

/**
 * alice is the host, plays as bob does; carol plays elsewhere. `elsewhere` is alice with a token that is good for
 * another session only, `expired` alice with one that has run out, `forged` alice with one that nobody signed.
 */
export type Who =
  | "alice"
  | "bob"
  | "carol"
  | "watcher"
  | "service"
  | "nobody"
  | "expired"
  | "elsewhere"
  | "forged"
  | "garbled";

export type Scene = {
  readonly sessions: { readonly [place in Place]: string };
  readonly tokens: { readonly [who in Who]: string | null };
  /** A text with {id}, {alice}, {bob}, {carol}, {alice_team} and {unknown} replaced. */
  fill(text: string, place: Place): string;
  /** Runs `act` and asserts that the session, and the list of sessions, are what they were. */
  unchanged(place: Place, act: () => Promise<void>): Promise<void>;
};

const HOUR_SECONDS = 3_600;

export async function openScene(system: System): Promise<Scene> {
  const ids = { alice: randomUUID(), bob: randomUUID(), carol: randomUUID(), unknown: randomUUID() };
  const alice = await system.token(ids.alice);
  const call = restCaller(system.url, alice);
  const teams = [randomUUID(), randomUUID()];
  const participants = [ids.alice, ids.bob].map((id, index) => ({ player_id: id, team_id: teams[index] }));
  const sessions = Object.fromEntries(
    await Promise.all(PLACES.map(async (place) => [place, await openSession(call, place, participants)])),
  ) as Scene["sessions"];
  return {
    sessions,
    tokens: {
      alice,
      bob: await system.token(ids.bob),
      carol: await system.token(ids.carol),
      watcher: await system.token(randomUUID(), ["spectator"]),
      service: await system.token(randomUUID(), ["service"]),
      nobody: null,
      expired: await system.token(ids.alice, ["player"], { ttlSeconds: -HOUR_SECONDS }),
      elsewhere: await system.token(ids.alice, ["player"], { sessionId: ids.unknown }),
      forged: withoutSignature(alice),
      garbled: `${alice.slice(0, -6)}AAAAAA`,
    },
    fill(text, place) {
      const values: Record<string, string> = { ...ids, id: sessions[place], alice_team: teams[0] ?? "" };
      return text.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
    },
    async unchanged(place, act) {
      const before = await snapshot(call, sessions[place]);
      await act();
      expect(await snapshot(call, sessions[place])).toEqual(before);
    },
  };
}

async function openSession(call: RestCaller, place: Place, participants: object[]): Promise<string> {
  const isPrivate = place === "private";
  const asked = {
    game_mode: "team_deathmatch",
    participants,
    auto_start: false,
    max_players: 2,
    is_private: isPrivate,
  };
  const { id } = bodyOf<CombatSession>(await call("POST", "/sessions", asked), 201);
  if (place === "waiting") return id;
  bodyOf(await call("PUT", `/sessions/${id}`, { status: "active" }), 200);
  if (place === "paused") bodyOf(await call("PUT", `/sessions/${id}`, { status: "paused" }), 200);
  if (place === "ended") expect((await call("DELETE", `/sessions/${id}`)).status).toBe(204);
  return id;
}

/** The session whole (version, status, positions, health and all), and which sessions there are. */
export async function snapshot(call: RestCaller, id: string): Promise<{ session: CombatSession; ids: string[] }> {
  const { sessions } = bodyOf<{ sessions: CombatSession[] }>(await call("GET", "/sessions?page_size=100"), 200);
  return { session: await readSession(call, id), ids: sessions.map((session) => session.id) };
}

/** The same claims under `alg: none`. */
function withoutSignature(token: string): string {
  const header = Buffer.from('{"alg":"none","typ":"JWT"}').toString("base64url");
  return `${header}.${token.split(".")[1]}.`;
}
