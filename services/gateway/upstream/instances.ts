/**
 * Instances: the combat instances that this gateway knows, and which of them a session is asked for at.
 * In:  seeds (gRPC targets), and what instances say about where a session is served.   Out: the instance to ask.
 * Law: a session is asked for where it was last said to be; else at the seed that its id picks, so that all sockets of a
 *      session come to the same. One that cannot be reached is passed over while there is another; when there is none, the
 *      first is asked all the same: its refusal is the answer.
 * Bounds: at most INSTANCES_MAX; to learn of one more, the one used longest ago that is no seed and is away is forgotten.
 *      At most ROUTED_SESSIONS_MAX sessions that are elsewhere than their seed; the one used longest ago is asked for anew.
 */
import type { Relay, Route } from "../connection/relay.ts";
import { INSTANCES_MAX, ROUTED_SESSIONS_MAX } from "../limits.ts";
import type { UnaryClient } from "./unary-client.ts";

export type Instance = { readonly target: string; readonly relay: Relay; readonly calls: UnaryClient };

export type InstancesParts = {
  /** At least one. */
  readonly seeds: readonly string[];
  /** Not connected to anything yet. */
  readonly create: (target: string) => Instance;
};

export class Instances implements Route {
  readonly seeds: readonly Instance[];
  private readonly create: InstancesParts["create"];
  /** By target; who was used last stands last. */
  private readonly known = new Map<string, Instance>();
  /** Target by session; who was used last stands last. */
  private readonly homes = new Map<string, string>();
  private turn = 0;

  constructor({ seeds, create }: InstancesParts) {
    this.create = create;
    this.seeds = [...new Set(seeds)].map(create);
    for (const seed of this.seeds) this.known.set(seed.target, seed);
  }

  all(): readonly Instance[] {
    return [...this.known.values()];
  }

  relays(): readonly Relay[] {
    return this.all().map(({ relay }) => relay);
  }

  relayFor(sessionId: string): Relay {
    return this.find(sessionId, ({ relay }) => relay.isUp()).relay;
  }

  /** As `moved`, for sockets. */
  relayAt(sessionId: string, target: string): Relay | null {
    return this.moved(sessionId, target)?.relay ?? null;
  }

  /** For calls; null: of no session, so the seeds have turns. */
  instanceFor(sessionId: string | null): Instance {
    if (sessionId !== null) return this.find(sessionId, isReachable);
    return this.seedFrom(this.nextTurn(), isReachable) ?? this.seeds[this.turn]!;
  }

  /** For a call of no session that these had no room for: one that can be reached and was not asked. Null: all were. */
  instanceBeside(asked: ReadonlySet<Instance>): Instance | null {
    return this.seedFrom(this.nextTurn(), (seed) => isReachable(seed) && !asked.has(seed));
  }

  /** An instance said that the session is served there. Null when there is no room to know one more. */
  moved(sessionId: string, target: string): Instance | null {
    const instance = this.known.get(target) ?? this.learn(target);
    if (instance === null) return null;
    this.homes.delete(sessionId);
    this.homes.set(sessionId, target);
    if (this.homes.size > ROUTED_SESSIONS_MAX) this.homes.delete(this.homes.keys().next().value!);
    return instance;
  }

  close(): void {
    for (const { calls } of this.known.values()) calls.close();
  }

  private find(sessionId: string, serves: (instance: Instance) => boolean): Instance {
    const first = seedNumber(sessionId, this.seeds.length);
    return this.homeOf(sessionId, serves) ?? this.seedFrom(first, serves) ?? this.seeds[first]!;
  }

  /** All calls share the turns, so two turns of one call may be the same seed's. */
  private nextTurn(): number {
    this.turn = (this.turn + 1) % this.seeds.length;
    return this.turn;
  }

  private homeOf(sessionId: string, serves: (instance: Instance) => boolean): Instance | null {
    const target = this.homes.get(sessionId);
    if (target === undefined) return null;
    this.homes.delete(sessionId);
    const instance = this.known.get(target);
    if (instance === undefined || !serves(instance)) return null; // It moves, or has moved: a seed knows.
    this.homes.set(sessionId, target);
    this.known.delete(target);
    this.known.set(target, instance);
    return instance;
  }

  private seedFrom(first: number, serves: (instance: Instance) => boolean): Instance | null {
    const { seeds } = this;
    for (let step = 0; step < seeds.length; step++) {
      const seed = seeds[(first + step) % seeds.length]!;
      if (serves(seed)) return seed;
    }
    return null;
  }

  private learn(target: string): Instance | null {
    if (this.known.size >= INSTANCES_MAX && !this.forgetOne()) return null;
    const instance = this.create(target);
    this.known.set(target, instance);
    return instance;
  }

  private forgetOne(): boolean {
    for (const [target, instance] of this.known) {
      if (this.seeds.includes(instance) || instance.relay.isUp()) continue;
      this.known.delete(target);
      instance.calls.close();
      void instance.relay.close();
      return true;
    }
    return false;
  }
}

function isReachable({ calls }: Instance): boolean {
  return calls.isReachable();
}

/** Session ids are random: their first digits are as good as a hash. What is no id may be asked for anywhere. */
function seedNumber(sessionId: string, count: number): number {
  const number = Number.parseInt(sessionId.slice(0, 8), 16);
  return Number.isNaN(number) ? 0 : number % count;
}
