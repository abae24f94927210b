/**
 * Service under load: a combat and a gateway process with nothing behind them, matches that run, and a swarm in them.
 * In:  how many.   Out: the three processes, and what each used over a stretch.
 */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadAuthConfig } from "#auth/auth-config.ts";
import { createIssuer } from "#auth/issuer.ts";
import type { CombatSession } from "#gen/necpgame/combat/v1/session_pb.js";
import { systemClock } from "#kit/clock.ts";
import { CombatCaller, serviceToken } from "../combat-caller.ts";
import { residentBytes } from "../measure/process-use.ts";
import { type BenchService, startService } from "../services.ts";
import { SlowReader } from "./slow-reader.ts";
import { type Connected, type Played, type PlayOrder, type RoomOrder, Swarm } from "./swarm.ts";
import type { Format } from "./wire-format.ts";

/** No limit of theirs is what is measured: all of a swarm comes from one address. */
const UNLIMITED = { GATEWAY_CONNECTS_PER_ADDRESS: "10000000", GATEWAY_HANDSHAKES_PER_SECOND: "100000" } as const;

export type CrowdSize = {
  readonly sessions: number;
  readonly players: number;
  readonly spectators: number;
  readonly format: Format;
};

/** CPU in cores. */
export type Stretch = Played & { readonly combatCores: number; readonly gatewayCores: number };

export class LoadedService {
  /** Who plays in which match, and watches. */
  rooms: readonly RoomOrder[] = [];
  private sessions: readonly CombatSession[] = [];
  private caller: CombatCaller | null = null;
  private blows = 0;
  /** Before matches and sockets. */
  empty: { combat: NodeJS.MemoryUsage; gateway: NodeJS.MemoryUsage } | null = null;
  private readonly format: Format;
  private readonly parts: { combat: BenchService; gateway: BenchService; swarm: Swarm; dataDir: string };

  private constructor(parts: LoadedService["parts"], format: Format) {
    this.parts = parts;
    this.format = format;
  }

  /** `nodeArgs`: of both; with MEMORY_PROBE their memory is known. */
  static async start(
    size: CrowdSize,
    say: (text: string) => void,
    nodeArgs: readonly string[] = [],
  ): Promise<LoadedService> {
    const dataDir = await mkdtemp(join(tmpdir(), "combat-bench-"));
    const combat = await startService("combat", { DATA_DIR: dataDir }, nodeArgs);
    const target = String(combat.ready["grpc"]);
    const settings = { DATA_DIR: dataDir, COMBAT_GRPC_TARGET: target, ...UNLIMITED };
    const gateway = await startService("gateway", settings, nodeArgs);
    const loaded = new LoadedService({ combat, gateway, swarm: new Swarm(), dataDir }, size.format);
    try {
      if (nodeArgs.length > 0) loaded.empty = await loaded.held();
      loaded.caller = new CombatCaller(target, await serviceToken(dataDir));
      const sessions = await loaded.caller.start(size.sessions, size.players);
      loaded.sessions = sessions;
      const rooms = sessions.map(({ id, participants }): RoomOrder => {
        return {
          sessionId: id,
          playerIds: participants.map(({ playerId }) => playerId),
          spectatorIds: Array.from({ length: size.spectators }, () => randomUUID()),
        };
      });
      loaded.rooms = rooms;
      const { sockets, ms } = await loaded.connect(rooms);
      say(`${sockets} sockets in ${sessions.length} matches, opened in ${(ms / 1000).toFixed(1)} s`);
      return loaded;
    } catch (error) {
      await loaded.end();
      throw error;
    }
  }

  async play(order: Omit<PlayOrder, "watched">): Promise<Stretch> {
    const { combat, gateway, swarm } = this.parts;
    const played = await swarm.play({ ...order, watched: [combat.pid, gateway.pid] });
    const [combatCores = 0, gatewayCores = 0] = played.watchedCores;
    return { ...played, combatCores, gatewayCores };
  }

  /** When garbage is gone; only with MEMORY_PROBE. */
  async held(): Promise<{ combat: NodeJS.MemoryUsage; gateway: NodeJS.MemoryUsage }> {
    const { combat, gateway } = this.parts;
    return { combat: await combat.memory(), gateway: await gateway.memory() };
  }

  async memory(): Promise<{ combat: number; gateway: number }> {
    const { combat, gateway } = this.parts;
    return { combat: await residentBytes(combat.pid), gateway: await residentBytes(gateway.pid) };
  }

  async end(): Promise<void> {
    const { combat, gateway, swarm, dataDir } = this.parts;
    this.caller?.close();
    await swarm.end();
    await Promise.all([gateway.end("SIGKILL"), combat.end("SIGKILL")]);
    await rm(dataDir, { recursive: true, force: true });
  }

  /** More spectators for the first match. */
  async watch(count: number): Promise<void> {
    const spectatorIds = Array.from({ length: count }, () => randomUUID());
    await this.connect([{ sessionId: this.rooms[0]!.sessionId, playerIds: [], spectatorIds }]);
  }

  /** Each match has one event more: its players are hit in turns. */
  async hurt(): Promise<void> {
    await this.caller?.hurt(this.sessions, 1, this.blows++);
  }

  /** One more spectator of the first match, who takes so many bytes a second. */
  async watchSlowly(bytesPerS: number): Promise<SlowReader> {
    const { gateway, dataDir } = this.parts;
    const issuer = createIssuer(await loadAuthConfig({ DATA_DIR: dataDir }), systemClock);
    const token = await issuer.user({ sub: randomUUID(), roles: ["spectator"], ttlSeconds: 7_200 });
    const order = {
      port: Number(new URL(String(gateway.ready["http"])).port),
      path: `/ws/sessions/${this.rooms[0]!.sessionId}/spectate`,
      protocols: ["combat.v1.json", `bearer.${token}`],
    };
    return new SlowReader(order, bytesPerS);
  }

  private connect(rooms: readonly RoomOrder[]): Promise<Connected> {
    const { gateway, swarm, dataDir } = this.parts;
    return swarm.connect(rooms, {
      format: this.format,
      port: Number(new URL(String(gateway.ready["http"])).port),
      dataDir,
    });
  }
}
