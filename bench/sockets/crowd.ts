/**
 * Crowd: matches that run and the players and spectators in them, who are a swarm process of their own.
 * In:  the processes of the service, and how many.   Out: what the crowd's sockets saw. Several crowds may share a service.
 */
import { randomUUID } from "node:crypto";
import type { CombatSession } from "#gen/necpgame/combat/v1/session_pb.js";
import { CombatCaller, serviceToken } from "../combat-caller.ts";
import type { BenchService } from "../services.ts";
import { type CameBack, type Connected, type Played, type PlayOrder, type RoomOrder, Swarm } from "./swarm.ts";
import type { Format } from "./wire-format.ts";

export type CrowdSize = {
  readonly sessions: number;
  readonly players: number;
  readonly spectators: number;
  readonly format: Format;
};

/** CPU in cores. */
export type Stretch = Played & { readonly combatCores: number; readonly gatewayCores: number };

export type Place = { readonly combat: BenchService; readonly gateway: BenchService; readonly dataDir: string };

export class Crowd {
  /** Who plays in which match, and watches. */
  readonly rooms: readonly RoomOrder[];
  readonly sessions: readonly CombatSession[];
  private blows = 0;
  private readonly place: Place;
  private readonly format: Format;
  private readonly caller: CombatCaller;
  private readonly swarm = new Swarm();

  private constructor(place: Place, size: CrowdSize, caller: CombatCaller, sessions: readonly CombatSession[]) {
    this.place = place;
    this.format = size.format;
    this.caller = caller;
    this.sessions = sessions;
    this.rooms = sessions.map(({ id, participants }): RoomOrder => {
      return {
        sessionId: id,
        playerIds: participants.map(({ playerId }) => playerId),
        spectatorIds: Array.from({ length: size.spectators }, () => randomUUID()),
      };
    });
  }

  static async start(place: Place, size: CrowdSize, say: (text: string) => void): Promise<Crowd> {
    const caller = new CombatCaller(String(place.combat.ready["grpc"]), await serviceToken(place.dataDir));
    let crowd: Crowd | null = null;
    try {
      crowd = new Crowd(place, size, caller, await caller.start(size.sessions, size.players));
      const { sockets, ms } = await crowd.connect(crowd.rooms);
      say(`${sockets} sockets in ${size.sessions} matches, opened in ${(ms / 1000).toFixed(1)} s`);
      return crowd;
    } catch (error) {
      if (crowd) await crowd.end();
      else caller.close();
      throw error;
    }
  }

  async play(order: Omit<PlayOrder, "watched">): Promise<Stretch> {
    const { combat, gateway } = this.place;
    const played = await this.swarm.play({ ...order, watched: [combat.pid, gateway.pid] });
    const [combatCores = 0, gatewayCores = 0] = played.watchedCores;
    return { ...played, combatCores, gatewayCores };
  }

  /** More spectators for the first match. */
  async watch(count: number): Promise<void> {
    const spectatorIds = Array.from({ length: count }, () => randomUUID());
    await this.connect([{ sessionId: this.rooms[0]!.sessionId, playerIds: [], spectatorIds }]);
  }

  /** All spectators go. */
  async unwatch(): Promise<void> {
    await this.swarm.unwatch();
  }

  /** So many players are cut at once and come back at once. */
  comeBack(count: number): Promise<CameBack> {
    return this.swarm.comeBack(count);
  }

  /** Each match has one event more: its players are hit in turns. */
  async hurt(): Promise<void> {
    await this.caller.hurt(this.sessions, 1, this.blows++);
  }

  /** Its matches are over; the sockets are closed by the service. */
  async finish(): Promise<void> {
    await this.caller.end(this.sessions);
  }

  /** Without a word: its sockets are cut, its matches are left as they are. */
  async end(): Promise<void> {
    this.caller.close();
    await this.swarm.end();
  }

  private connect(rooms: readonly RoomOrder[]): Promise<Connected> {
    const { gateway, dataDir } = this.place;
    const port = Number(new URL(String(gateway.ready["http"])).port);
    return this.swarm.connect(rooms, { format: this.format, port, dataDir });
  }
}
