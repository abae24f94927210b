/**
 * Load: many matches played at once and one after the other, until told to stop; then everything is settled and judged.
 * In:  an arena, chance, how many and how fast.   Out: proof that all are served again after a fault; violations at the end.
 */
import { setTimeout as delay } from "node:timers/promises";
import { readPublished } from "#support/published.ts";
import { type Arena, until } from "./arena.ts";
import type { Call, Page } from "./book.ts";
import type { Front } from "./caller.ts";
import type { Chance } from "./chance.ts";
import type { Daemon, Held } from "./daemon.ts";
import { judge, type Violation } from "./judge.ts";
import { Match, type Pace, STEADY } from "./match.ts";
import { tellsOf } from "./told.ts";

export type LoadOptions = {
  readonly arena: Arena;
  readonly chance: Chance;
  /** Matches at once. */
  readonly matches: number;
  readonly pace?: Partial<Pace>;
  /** Where they are played; default: wherever the arena's players are served. */
  readonly front?: Front;
};

const BEGUN_MS_MAX = 60_000;
/** Everything that was asked must be answered within this when nothing is broken any more. */
const SETTLED_MS_MAX = 60_000;
/** Of a process without players: listeners, its ways to the others and to the stores, and our own look at it. */
const HELD_AT_REST: { readonly [service in Daemon["service"]]: Held } = {
  combat: { sockets: 32, handles: 32, timers: 24, heapMb: 200 },
  gateway: { sockets: 14, handles: 14, timers: 6, heapMb: 200 },
};
const HELD = ["sockets", "handles", "timers", "heapMb"] as const;
const SHOWN_MAX = 12;

export type LoadJudgeOptions = {
  /** The live store lost its data and its owner died in the same outage: then matches may be lost, and combat says so. */
  readonly mayLoseMatches?: boolean;
  /** Records of level error that belong to the fault. */
  readonly allowed?: readonly RegExp[];
};

const LOST = /"msg":"session cancelled: its live state is gone"/;

export class Load {
  private readonly arena: Arena;
  private readonly chance: Chance;
  private readonly pace: Pace;
  private readonly front: Front;
  private readonly all: Match[] = [];
  private readonly lanes: Promise<void>[] = [];
  private readonly current = new Map<number, Match>();
  private stopping = false;
  private failure: unknown = null;

  constructor({ arena, chance, matches, pace = {}, front = arena.front }: LoadOptions) {
    this.arena = arena;
    this.chance = chance;
    this.pace = { ...STEADY, ...pace };
    this.front = front;
    for (let at = 0; at < matches; at++) {
      this.lanes.push(
        this.lane(at, chance.fork()).catch((error: unknown) => {
          this.failure ??= error;
        }),
      );
    }
  }

  get pages(): readonly Page[] {
    return this.all.map(({ page }) => page);
  }

  /** Matches that are being played now. */
  get playing(): readonly Match[] {
    return [...this.current.values()];
  }

  /** Resolves when every match of now has begun, so that a fault finds more than creations and has something to take. */
  async hasBegun(): Promise<void> {
    const begun = () => this.playing.length > 0 && this.playing.every((match) => match.hasBegun);
    await until("all matches have begun", () => this.failure !== null || begun(), BEGUN_MS_MAX);
    if (this.failure !== null) throw this.failure;
  }

  /** Resolves when everyone who plays or watches has been shown something new since this was asked. */
  async isServed(): Promise<void> {
    if (this.failure !== null) throw this.failure;
    await Promise.all(this.playing.map((match) => match.isServed()));
  }

  /**
   * Ends all matches, waits until all is settled and published, and judges. Throws what is wrong, with the seed; also when
   * no damage was ever done, for then there was nothing to lose.
   */
  async judge({ mayLoseMatches = false, allowed = [] }: LoadJudgeOptions = {}): Promise<Summary> {
    await this.settle();
    if (this.failure !== null) throw this.failure;
    const ids = new Set(this.pages.map(({ sessionId }) => sessionId));
    const published = await readPublished([this.arena.stores.kafka.url], (sessionId) => ids.has(sessionId));
    const lost = mayLoseMatches ? { saidLost: this.saidLost() } : {};
    const violations = judge(this.pages, tellsOf(published), lost);
    const processes = [...this.arena.combats, ...this.arena.gateways].flatMap((daemon) => [
      ...daemon.faults,
      ...daemon
        .badLines(mayLoseMatches ? [...allowed, LOST] : allowed)
        .map((line) => `${daemon.name} wrote: ${line.slice(0, 600)}`),
    ]);
    if (violations.length + processes.length > 0) {
      throw new Error(this.report(violations, [...processes, ...(await this.rowsOf(violations))]));
    }
    const summary = summaryOf(this.pages, published.length);
    if (summary.damages === 0) throw new Error(this.report([], ["no damage was done", ...this.pages.map(pageEnd)]));
    return summary;
  }

  /** Everything that every combat has accepted is kept and published, and all stores answer. */
  async isHealed(): Promise<void> {
    await until(
      "all stores are up for all combats",
      async () => {
        for (const combat of this.arena.combats) {
          const health = combat.isRunning ? await this.arena.health(combat) : null;
          if (combat.isRunning && (health?.["degraded"] !== "0" || health["live_state"] !== "up")) return false;
          if (combat.isRunning && (health?.["records"] !== "up" || health["events"] !== "up")) return false;
        }
        return true;
      },
      SETTLED_MS_MAX,
    );
  }

  private async lane(at: number, chance: Chance): Promise<void> {
    for (let life = 1; !this.stopping; life++) {
      const match = new Match(this.arena, chance, {
        label: `${this.arena.name} match ${at}.${life}`,
        pace: this.pace,
        front: this.front,
      });
      this.all.push(match);
      this.current.set(at, match);
      await match.play();
      this.current.delete(at);
    }
  }

  private async settle(): Promise<void> {
    this.stopping = true;
    for (const match of this.all) match.close();
    const late = delay(SETTLED_MS_MAX, "late", { ref: false });
    if ((await Promise.race([Promise.all(this.lanes), late])) === "late") {
      for (const match of this.all) match.giveUp();
      const open = this.pages.flatMap(({ label, calls }) => {
        return calls
          .filter(({ outcome }) => outcome === "unknown")
          .map(({ kind, said }) => `${label}: ${kind}: ${said}`);
      });
      throw new Error(this.report([], [`not settled after ${SETTLED_MS_MAX} ms: ${open.join("; ")}`]));
    }
    await Promise.all(this.all.map((match) => match.read()));
    await this.published();
    for (const match of this.all) match.letGo();
    this.arena.agent.destroy();
    await this.atRest();
  }

  /** Sockets, timers and memory go back to what a process without players has. */
  private async atRest(): Promise<void> {
    let seen = "";
    const isAtRest = async () => {
      const daemons = [...this.arena.combats, ...this.arena.gateways];
      const all = await Promise.all(daemons.map(async (daemon) => ({ daemon, held: await daemon.holds() })));
      seen = all.map(({ daemon, held }) => `${daemon.name} ${JSON.stringify(held)}`).join(", ");
      return all.every(({ daemon: { service }, held }) => {
        return held === null || HELD.every((name) => held[name] <= HELD_AT_REST[service][name]);
      });
    };
    await until("processes hold no more than without players", isAtRest).catch((error: Error) => {
      throw new Error(this.report([], [`${error.message}: ${seen}`]));
    });
  }

  /** Nothing waits for the sink, and no told change is unsettled. */
  private async published(): Promise<void> {
    let last = "";
    const isDone = async () => {
      for (const combat of this.arena.combats) {
        if (!combat.isRunning) continue;
        const health = await this.arena.health(combat);
        last = `${combat.name} ${JSON.stringify(health)}`;
        if (health?.["unpublished"] !== "0" || health["degraded"] !== "0") return false;
      }
      const [outbox] = await this.arena.rows("select count(*) as rows from combat_outbox");
      last = `${outbox?.["rows"]} rows in the outbox`;
      return Number(outbox?.["rows"]) === 0;
    };
    await until("everything is published and settled", isDone, SETTLED_MS_MAX).catch((error: Error) => {
      throw new Error(this.report([], [`${error.message}: ${last}`]));
    });
  }

  /** Of which sessions combat said that they are lost. */
  private saidLost(): Set<string> {
    const lines = this.arena.combats.flatMap(({ output }) => output.split("\n").filter((line) => LOST.test(line)));
    return new Set(lines.map((line) => String((JSON.parse(line) as { sessionId: unknown }).sessionId)));
  }

  /** What the record store has of sessions with violations. */
  private async rowsOf(violations: readonly Violation[]): Promise<string[]> {
    const ids = [...new Set(violations.map(({ sessionId }) => sessionId))].filter((id) => id !== "null");
    const rows = await this.arena.rows(
      `select s.id, s.owner, s.epoch, s.version, s.status, s.record->>'lastSeq' as last_seq,
         (select count(*) from combat_outbox o where o.session_id = s.id) as outbox
       from combat_sessions s where s.id = any($1::uuid[])`,
      [ids],
    );
    return rows.map((row) => `record: ${JSON.stringify(row)}`);
  }

  private report(violations: readonly Violation[], others: readonly string[]): string {
    const shown = violations.slice(0, SHOWN_MAX).map(({ label, sessionId, what, around }) => {
      return `- ${label} ${sessionId}: ${what}${around === "" ? "" : `\n${around.replace(/^/gm, "    ")}`}`;
    });
    const wrong = new Set(violations.map(({ label }) => label));
    const calls = this.pages.filter(({ label }) => wrong.has(label)).map(pageEnd);
    const outputs = [...this.arena.combats, ...this.arena.gateways].map((daemon) => {
      return `--- ${daemon.name} (${daemon.runCount} runs) ends with\n${daemon.output.slice(-3_000)}`;
    });
    return [
      `FAULT_SEED=${this.chance.seed}: ${violations.length} violations, ${others.length} others`,
      ...others.slice(0, SHOWN_MAX),
      ...shown,
      ...calls,
      ...outputs,
    ].join("\n");
  }
}

function pageEnd({ label, calls }: Page): string {
  return `${label}: ${lastCalls(calls)}`;
}

const CALLS_SHOWN = 6;

function lastCalls(calls: readonly Call[]): string {
  const nowMs = performance.now();
  const shown = calls.slice(-CALLS_SHOWN).map(({ kind, outcome, tries, said, atMs }) => {
    return `${kind} ${outcome} (${tries} tries, asked ${Math.round(nowMs - atMs)} ms ago, last said ${said})`;
  });
  return `last calls: ${shown.join(", ")}`;
}

export type Summary = {
  readonly sessions: number;
  readonly calls: number;
  readonly unknown: number;
  readonly damages: number;
  readonly shown: number;
  readonly records: number;
  /** Matches that were lost, where that may be. */
  readonly lost: number;
};

function summaryOf(pages: readonly Page[], records: number): Summary {
  const calls = pages.flatMap((page) => page.calls);
  return {
    sessions: pages.length,
    calls: calls.length,
    unknown: calls.filter(({ tries }) => tries > 1).length,
    damages: calls.filter(({ kind, outcome }) => kind === "damage" && outcome === "done").length,
    shown: pages.flatMap(({ sights }) => sights).reduce((sum, { seen }) => sum + seen.length, 0),
    records,
    lost: pages.filter(({ record }) => record?.status === "cancelled").length,
  };
}
