/**
 * Instances: the combat instances that this gateway knows, and which of them a session is asked for at.
 * In:  seeds (gRPC targets), and what instances say about where a session is served.   Out: the instance to ask.
 * Law: a session is asked for where it was last said to be; else at the seed that its id picks, so that all sockets of a
 *      session come to the same. One that cannot be reached is passed over while there is another; when there is none, the
 *      first is asked all the same: its refusal is the answer.
 * Bounds: at most LEARNT_INSTANCES_MAX besides the seeds; to learn of one more, the one used longest ago that is away is forgotten.
 *      Without need, who is no seed is forgotten when nobody was led there for INSTANCE_UNUSED_MS_MAX while no relay to it was up.
 *      At most ROUTED_SESSIONS_MAX sessions that are elsewhere than their seed; the one used longest ago is asked for anew.
 */
import type { Clock } from "#kit/clock.ts";
import type { Log } from "#kit/log.ts";
import type { Relay, Route } from "../connection/relay.ts";
import {
  INSTANCE_UNUSED_MS_MAX,
  INSTANCES_LOOK_MS,
  LEARNT_INSTANCES_MAX,
  ROUTED_SESSIONS_MAX,
  UNLEARNT_TOLD_MAX,
} from "../limits.ts";
import type { UnaryClient } from "./unary-client.ts";

export type Instance = { readonly target: string; readonly relay: Relay; readonly calls: UnaryClient };

export type InstancesParts = {
  /** At least one. */
  readonly seeds: readonly string[];
  /** Not connected to anything yet. */
  readonly create: (target: string) => Instance;
  readonly clock: Clock;
  readonly log: Log;
};

type Learnt = { readonly instance: Instance; usedMs: number };

export class Instances implements Route {
  readonly seeds: readonly Instance[];
  private readonly parts: InstancesParts;
  /** By target, as those that were learnt. */
  private readonly seeded: ReadonlyMap<string, Instance>;
  /** Who was used last stands last. */
  private readonly learnt = new Map<string, Learnt>();
  /** Target by session; who was used last stands last. */
  private readonly homes = new Map<string, string>();
  /** Targets of which the log says that there was no room for them. */
  private readonly unlearnt = new Set<string>();
  private readonly timer: NodeJS.Timeout;
  private turn = 0;

  constructor(parts: InstancesParts) {
    this.parts = parts;
    this.seeds = [...new Set(parts.seeds)].map(parts.create);
    this.seeded = new Map(this.seeds.map((seed) => [seed.target, seed]));
    this.timer = setInterval(() => this.forgetUnused(), INSTANCES_LOOK_MS);
    this.timer.unref();
  }

  all(): readonly Instance[] {
    return [...this.seeds, ...[...this.learnt.values()].map(({ instance }) => instance)];
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
    const instance = this.at(target) ?? this.learn(target);
    if (instance === null) return null;
    this.use(target);
    this.homes.delete(sessionId);
    this.homes.set(sessionId, target);
    if (this.homes.size > ROUTED_SESSIONS_MAX) this.homes.delete(this.homes.keys().next().value!);
    return instance;
  }

  close(): void {
    clearInterval(this.timer);
    for (const { calls } of this.all()) calls.close();
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
    const instance = this.at(target);
    if (instance === null || !serves(instance)) return null; // It moves, or has moved: a seed knows.
    this.homes.set(sessionId, target);
    this.use(target);
    return instance;
  }

  private at(target: string): Instance | null {
    return this.seeded.get(target) ?? this.learnt.get(target)?.instance ?? null;
  }

  private use(target: string): void {
    const learnt = this.learnt.get(target);
    if (learnt === undefined) return;
    learnt.usedMs = this.parts.clock.nowMs();
    this.learnt.delete(target);
    this.learnt.set(target, learnt);
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
    if (this.learnt.size >= LEARNT_INSTANCES_MAX && !this.forgetOne()) {
      this.tellUnlearnt(target);
      return null;
    }
    const instance = this.parts.create(target);
    this.learnt.set(target, { instance, usedMs: this.parts.clock.nowMs() });
    return instance;
  }

  private tellUnlearnt(target: string): void {
    if (this.unlearnt.has(target) || this.unlearnt.size >= UNLEARNT_TOLD_MAX) return;
    this.unlearnt.add(target);
    this.parts.log.warn(
      { target },
      "an instance is not learnt: too many are known; its sessions are not reached from here",
    );
  }

  private forgetOne(): boolean {
    for (const { instance } of this.learnt.values()) {
      if (instance.relay.awaySinceMs() === null) continue; // Up; or never opened, which says nothing of whether it is there.
      this.forget(instance);
      return true;
    }
    return false;
  }

  /** A socket that waits for one that is away is led to it anew, or elsewhere, with each look: so nobody waits for these. */
  private forgetUnused(): void {
    const nowMs = this.parts.clock.nowMs();
    for (const { instance, usedMs } of this.learnt.values()) {
      if (instance.relay.isUp()) continue;
      const sinceMs = Math.max(usedMs, instance.relay.awaySinceMs() ?? usedMs);
      if (nowMs - sinceMs > INSTANCE_UNUSED_MS_MAX) this.forget(instance);
    }
  }

  private forget({ target, relay, calls }: Instance): void {
    this.learnt.delete(target);
    calls.close();
    void relay.close();
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
