/**
 * Service under load: a combat and a gateway process with nothing behind them, and crowds in matches that run.
 * In:  how many.   Out: the processes, what each holds, and what the first crowd saw over a stretch.
 */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadAuthConfig } from "#auth/auth-config.ts";
import { createIssuer } from "#auth/issuer.ts";
import { systemClock } from "#kit/clock.ts";
import { residentBytes } from "../measure/process-use.ts";
import { MEMORY_PROBE, startService } from "../services.ts";
import { Crowd, type CrowdSize, type Place, type Stretch } from "./crowd.ts";
import { SlowReader } from "./slow-reader.ts";
import type { PlayOrder, RoomOrder } from "./swarm.ts";

export type { Stretch } from "./crowd.ts";

/** All of a swarm comes from one address, whose limit is not what is measured. */
const ONE_ADDRESS = { GATEWAY_CONNECTS_PER_ADDRESS: "10000000" } as const;
/** Nor is that of all handshakes, where a scenario does not say so. */
const UNLIMITED = { GATEWAY_HANDSHAKES_PER_SECOND: "100000" } as const;

/** `isProbed`: both processes tell what they hold. `handshakes`: default is the gateway's own limit of them. */
export type Making = { readonly isProbed?: boolean; readonly handshakes?: "unlimited" | "default" };

export type Held = { readonly combat: NodeJS.MemoryUsage; readonly gateway: NodeJS.MemoryUsage };

export class LoadedService {
  /** Before matches and sockets; only where it is probed. */
  empty: Held | null = null;
  private readonly place: Place;
  private readonly say: (text: string) => void;
  private readonly crowds: Crowd[] = [];

  private constructor(place: Place, say: (text: string) => void) {
    this.place = place;
    this.say = say;
  }

  static async start(size: CrowdSize, say: (text: string) => void, making: Making = {}): Promise<LoadedService> {
    const loaded = await LoadedService.startEmpty(say, making);
    try {
      if (making.isProbed) loaded.empty = await loaded.held();
      await loaded.addCrowd(size);
      return loaded;
    } catch (error) {
      await loaded.end();
      throw error;
    }
  }

  /** Nobody is in it. */
  static async startEmpty(
    say: (text: string) => void,
    { isProbed = false, handshakes = "unlimited" }: Making = {},
  ): Promise<LoadedService> {
    const dataDir = await mkdtemp(join(tmpdir(), "combat-bench-"));
    const nodeArgs = isProbed ? MEMORY_PROBE : [];
    const combat = await startService("combat", { DATA_DIR: dataDir }, nodeArgs);
    const limits = handshakes === "default" ? ONE_ADDRESS : { ...ONE_ADDRESS, ...UNLIMITED };
    const settings = { DATA_DIR: dataDir, COMBAT_GRPC_TARGET: String(combat.ready["grpc"]), ...limits };
    const gateway = await startService("gateway", settings, nodeArgs);
    return new LoadedService({ combat, gateway, dataDir }, say);
  }

  /** Of the first crowd. */
  get rooms(): readonly RoomOrder[] {
    return this.first.rooms;
  }

  /** In a process of its own; the service ends it, unless it is taken out before. */
  async addCrowd(size: CrowdSize): Promise<Crowd> {
    const crowd = await Crowd.start(this.place, size, this.say);
    this.crowds.push(crowd);
    return crowd;
  }

  async removeCrowd(crowd: Crowd): Promise<void> {
    this.crowds.splice(this.crowds.indexOf(crowd), 1);
    await crowd.end();
  }

  play(order: Omit<PlayOrder, "watched">): Promise<Stretch> {
    return this.first.play(order);
  }

  /** When garbage is gone; only where it is probed. */
  async held(): Promise<Held> {
    const { combat, gateway } = this.place;
    return { combat: await combat.memory(), gateway: await gateway.memory() };
  }

  get pids(): { readonly combat: number; readonly gateway: number } {
    return { combat: this.place.combat.pid, gateway: this.place.gateway.pid };
  }

  async memory(): Promise<{ combat: number; gateway: number }> {
    const { combat, gateway } = this.pids;
    return { combat: await residentBytes(combat), gateway: await residentBytes(gateway) };
  }

  async end(): Promise<void> {
    const { combat, gateway, dataDir } = this.place;
    await Promise.all(this.crowds.map((crowd) => crowd.end()));
    await Promise.all([gateway.end("SIGKILL"), combat.end("SIGKILL")]);
    await rm(dataDir, { recursive: true, force: true });
  }

  /** More spectators for the first match. */
  watch(count: number): Promise<void> {
    return this.first.watch(count);
  }

  /** Each match of the first crowd has one event more. */
  hurt(): Promise<void> {
    return this.first.hurt();
  }

  /** One more spectator of the first match, who takes so many bytes a second. */
  async watchSlowly(bytesPerS: number): Promise<SlowReader> {
    const { gateway, dataDir } = this.place;
    const issuer = createIssuer(await loadAuthConfig({ DATA_DIR: dataDir }), systemClock);
    const token = await issuer.user({ sub: randomUUID(), roles: ["spectator"], ttlSeconds: 7_200 });
    const order = {
      port: Number(new URL(String(gateway.ready["http"])).port),
      path: `/ws/sessions/${this.rooms[0]!.sessionId}/spectate`,
      protocols: ["combat.v1.json", `bearer.${token}`],
    };
    return new SlowReader(order, bytesPerS);
  }

  private get first(): Crowd {
    return this.crowds[0]!;
  }
}
