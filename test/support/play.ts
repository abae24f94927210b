/**
 * Play: sessions with players in them on a running system, made through its public interfaces alone.
 * In:  a System.   Out: a match with tokens, and sockets that have been shown everything.
 */
import { randomUUID } from "node:crypto";
import type { CombatSession } from "#client/index.ts";
import { bodyOf, type RestCaller, restCaller } from "./rest.ts";
import { connectSocket, type JsonMessage, type SocketClient } from "./socket-client.ts";
import type { System } from "./system.ts";

export type MatchPlayer = {
  readonly id: string;
  readonly teamId: string;
  readonly token: string;
  readonly call: RestCaller;
};

export type Match = {
  readonly id: string;
  /** The host; creates, starts and pauses. */
  readonly alice: MatchPlayer;
  readonly bob: MatchPlayer;
};

export async function newPlayer(system: System): Promise<MatchPlayer> {
  const id = randomUUID();
  const token = await system.token(id);
  return { id, teamId: randomUUID(), token, call: restCaller(system.url, token) };
}

/** A session of two players in two teams that starts only when told; `settings` go into its creation. */
export async function newMatch(system: System, settings: Record<string, unknown> = {}): Promise<Match> {
  const [alice, bob] = [await newPlayer(system), await newPlayer(system)];
  const created = await alice.call("POST", "/sessions", {
    game_mode: "team_deathmatch",
    participants: [alice, bob].map(({ id, teamId }) => ({ player_id: id, team_id: teamId })),
    auto_start: false,
    ...settings,
  });
  return { id: bodyOf<CombatSession>(created, 201).id, alice, bob };
}

/** The same, already active. */
export async function activeMatch(system: System, settings: Record<string, unknown> = {}): Promise<Match> {
  const match = await newMatch(system, settings);
  bodyOf(await match.alice.call("PUT", `/sessions/${match.id}`, { status: "active" }), 200);
  return match;
}

/** ws://… of the same gateway. */
export function socketUrl(system: System, path: string, parameters: Record<string, string>): string {
  return `${system.url.replace(/^http/, "ws")}${path}?${new URLSearchParams(parameters)}`;
}

/** A JSON socket and the session_state it begins with. */
export async function enter(url: string): Promise<{ socket: SocketClient; state: JsonMessage }> {
  const socket = await connectSocket(url);
  return { socket, state: await socket.next("session_state") };
}

export function playerSocket(system: System, match: Match, { token }: MatchPlayer) {
  return enter(socketUrl(system, `/ws/sessions/${match.id}`, { token, client_version: "1.0.0" }));
}
