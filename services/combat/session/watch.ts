/**
 * Watch: who is dead. Sans-IO: hears what the directory says, judges by time.
 * In:  what was heard and when (monotonic).   Out: whether the owner of a session is gone.
 * Law: a run is gone when it was not heard for LEASE_MS while the directory answered all along; a directory that was
 *      silent itself proves nothing. Every other run of our own name is gone at once, for two cannot have the same address;
 *      but not those that were heard first after us: they took our place while we stood still. What a restarted instance
 *      had before is its own to take first: clients are on their way back to it. Who guesses wrong here still harms nobody: records fence (session-store.ts).
 */
import { DEAD_RUN_MS, DIRECTORY_GAP_MS, LEASE_MS } from "../limits.ts";
import type { Heard, Instance } from "../stores/directory.ts";

export type WatchOptions = {
  readonly self: Instance;
  /** No other instance can own sessions of these records: whoever else is named in them is gone. */
  readonly alone: boolean;
};

type Run = { instance: Instance; beats: number; heardAtMs: number };

export class Watch {
  private readonly runs = new Map<string, Run>();
  /** Runs of our own name that began after this one. */
  private readonly successors = new Set<string>();
  private answeringSinceMs = Number.POSITIVE_INFINITY;
  private answeredAtMs = Number.NEGATIVE_INFINITY;
  private readonly options: WatchOptions;

  constructor(options: WatchOptions) {
    this.options = options;
  }

  handleHeard(nowMs: number, heard: readonly Heard[]): void {
    const isFirst = this.answeredAtMs === Number.NEGATIVE_INFINITY;
    if (nowMs - this.answeredAtMs > DIRECTORY_GAP_MS) this.answeringSinceMs = nowMs;
    this.answeredAtMs = nowMs;
    for (const { beats, ...instance } of heard) {
      const owner = ownerOf(instance);
      const known = this.runs.get(owner);
      if (known?.beats === beats) continue;
      this.runs.set(owner, { instance, beats, heardAtMs: nowMs });
      if (known === undefined && !isFirst && this.hasOurName(owner)) this.successors.add(owner);
    }
  }

  /** Everyone who was heard and is not known to be dead for long. */
  owners(): Iterable<string> {
    return this.runs.keys();
  }

  isGone(owner: string, nowMs: number): boolean {
    const { self, alone } = this.options;
    if (owner === ownerOf(self)) return false;
    if (alone || (this.hasOurName(owner) && !this.successors.has(owner))) return true;
    if (nowMs - this.answeredAtMs > DIRECTORY_GAP_MS) return false;
    const heardAtMs = this.runs.get(owner)?.heardAtMs ?? Number.NEGATIVE_INFINITY;
    return nowMs - Math.max(heardAtMs, this.answeringSinceMs) >= LEASE_MS;
  }

  /** host:port of another run that lives, as far as is known, and said where it is. */
  addressOf(owner: string, nowMs: number): string | null {
    const run = this.runs.get(owner);
    if (run === undefined || owner === ownerOf(this.options.self) || this.isGone(owner, nowMs)) return null;
    return run.instance.address === "" ? null : run.instance.address;
  }

  /** Runs that are gone for so long that nobody looks for them any more. */
  pollDead(nowMs: number): Instance[] {
    const dead = [...this.runs].filter(([owner, run]) => {
      return this.isGone(owner, nowMs) && nowMs - run.heardAtMs >= DEAD_RUN_MS;
    });
    for (const [owner] of dead) {
      this.runs.delete(owner);
      this.successors.delete(owner);
    }
    return dead.map(([, { instance }]) => instance);
  }

  private hasOurName(owner: string): boolean {
    const { self } = this.options;
    return nameOf(owner) === self.name && owner !== ownerOf(self);
  }
}

/** How records name the run of an instance. */
export function ownerOf({ name, boot }: Instance): string {
  return `${name}#${boot}`;
}

function nameOf(owner: string): string {
  return owner.slice(0, owner.lastIndexOf("#"));
}
