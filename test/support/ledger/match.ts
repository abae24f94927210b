/**
 * Match: one session that is played by itself, from its creation to its end, with everything noted on a page of the book.
 * In:  where the system is, chance, how fast.   Out: the page; and whether its viewers see that it goes on.
 * Law: it uses public interfaces alone; whatever it asks is asked until the answer says what became of it. Each damage call
 *      has a tag that no other of the session has, so that its event is found again among all that was published.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { CombatSession, WireFormat } from "#client/index.ts";
import { CLOSES } from "#wire/close-codes.ts";
import { type Arena, until } from "./arena.ts";
import { type Call, type DamageTag, newCall, type Page, type Sight } from "./book.ts";
import { type Ask, ask, type Front, settle } from "./caller.ts";
import type { Chance } from "./chance.ts";
import { breakOff, type Watcher, watch } from "./watcher.ts";

export type Pace = {
  /** Damage calls a second, on the whole. */
  readonly damagePerSecond: number;
  /** Of one session at once. */
  readonly damageAtOnce: number;
  /** Of each player a second. */
  readonly movesPerSecond: number;
  /** Between two of: a pause with its resume, a join, a leave, a connection that breaks off. */
  readonly deedsEveryMs: number;
  /** A session is ended and another created after about this. */
  readonly lifeMs: number;
};

export const STEADY: Pace = {
  damagePerSecond: 12,
  damageAtOnce: 4,
  movesPerSecond: 10,
  deedsEveryMs: 1_200,
  lifeMs: 12_000,
};

export type MatchOptions = { readonly label: string; readonly pace: Pace; readonly front: Front };

const PLAYERS = 4;
/** After all faults are healed, what was asked must be answered within this. */
const SETTLE_MS_MAX = 40_000;

export class Match {
  readonly page: Page;
  private readonly arena: Arena;
  private readonly front: Front;
  private readonly chance: Chance;
  private readonly pace: Pace;
  private readonly watchers: Watcher[] = [];
  private readonly serviceId = randomUUID();
  /** Those who joined besides the roster and have not left. */
  private readonly guests: string[] = [];
  private serial = 0;
  private closing = false;
  private givenUp = false;
  private paused = false;
  /** An answer said so. Who is cut off at the end is refused at the handshake, which a WebSocket client cannot read. */
  private isEnded = false;

  constructor(arena: Arena, chance: Chance, options: MatchOptions) {
    this.arena = arena;
    this.front = options.front;
    this.chance = chance;
    this.pace = options.pace;
    this.page = {
      sessionId: null,
      label: options.label,
      hostId: randomUUID(),
      teamIds: [randomUUID(), randomUUID()],
      playerIds: Array.from({ length: PLAYERS }, () => randomUUID()),
      calls: [],
      sights: [],
      record: null,
    };
  }

  /** Plays until told to close, or until its life is over; resolves when everything it asked is settled and it is over. */
  async play(): Promise<void> {
    if (!(await this.begin())) return;
    const endMs = performance.now() + this.pace.lifeMs * (0.5 + this.chance.fraction());
    await Promise.all([this.moves(endMs), this.damages(endMs), this.deeds(endMs)]);
    await this.end();
  }

  /** No new deeds; play() then comes to its end. */
  close(): void {
    this.closing = true;
  }

  /** What is not settled yet stays unknown. */
  giveUp(): void {
    this.closing = true;
    this.givenUp = true;
  }

  /** Resolves when everyone who plays or watches has been shown an event after those they know now. */
  async isServed(): Promise<void> {
    const seqs = this.page.sights.map(({ lastSeq }) => lastSeq);
    const unserved = () => {
      return this.page.sights.filter(({ lastSeq, playerId }, at) => {
        return !this.guestLeft(playerId) && lastSeq <= (seqs[at] ?? 0);
      });
    };
    const { label, sessionId } = this.page;
    try {
      await until("served", () => this.isOver() || this.closing || unserved().length === 0);
    } catch {
      throw new Error(`${label} ${sessionId} does not go on. ${unserved().map(shown).join("; ")}. ${this.lastCalls()}`);
    }
  }

  private lastCalls(): string {
    const calls = this.page.calls
      .slice(-8)
      .map(({ kind, outcome, tries, said }) => `${kind} ${outcome} (${tries}: ${said})`);
    return `Last calls: ${calls.join(", ")}; serial ${this.serial}, paused ${this.paused}`;
  }

  /** There is something to lose: damage was acknowledged. */
  get hasBegun(): boolean {
    return this.page.calls.some(({ kind, outcome }) => kind === "damage" && outcome === "done");
  }

  /** Someone was told so, by the event or by the close of a socket that came too late for it. */
  isOver(): boolean {
    if (this.isEnded) return true;
    return this.page.sights.some(({ seen }) => {
      const last = seen.at(-1);
      if (last?.kind === "down") return last.code === CLOSES.session_over.code;
      return last?.kind === "event" && last.event.event === "session_ended";
    });
  }

  /** Reads what REST says of it now, until it is answered. */
  async read(): Promise<CombatSession | null> {
    const { sessionId } = this.page;
    if (sessionId === null) return null;
    await until(
      `session ${sessionId} (${this.page.label}) can be read`,
      async () => {
        const said = await ask(this.front, await this.serviceAsk("GET", `/sessions/${sessionId}`));
        if (said.status !== 200) return false;
        this.page.record = said.body as unknown as CombatSession;
        return true;
      },
      SETTLE_MS_MAX,
    );
    return this.page.record;
  }

  letGo(): void {
    for (const { socket } of this.watchers) socket.close();
  }

  private guestLeft(playerId: string): boolean {
    return !this.page.playerIds.includes(playerId) && !this.guests.includes(playerId) && !this.isSpectator(playerId);
  }

  private isSpectator(playerId: string): boolean {
    return this.page.sights.some((sight) => sight.playerId === playerId && sight.spectates);
  }

  private async begin(): Promise<boolean> {
    const { page } = this;
    const token = await this.arena.token(page.hostId, "player");
    const body = {
      game_mode: "team_deathmatch",
      participants: page.playerIds.map((player_id, at) => ({ player_id, team_id: page.teamIds[at % 2] })),
      auto_start: false,
      respawn_seconds: 0.5,
      reconnect_grace_seconds: 300,
      score_limit: this.chance.between(10, 60),
      max_rounds: this.chance.pick([1, 3, 20]),
      time_limit_minutes: 60,
    };
    const created = await this.note(newCall({ kind: "create" }), {
      verb: "POST",
      path: "/sessions",
      token,
      body,
      key: randomUUID(),
    });
    if (created.outcome !== "done") return false;
    page.sessionId = String(created.answer?.["id"]);
    for (const [at, playerId] of page.playerIds.entries()) this.enter(playerId, `player ${at}`, false);
    this.enter(randomUUID(), "spectator", true);
    const started = await this.status("start", "active");
    return started.outcome === "done";
  }

  private enter(playerId: string, name: string, spectates: boolean): void {
    const { arena, chance, page } = this;
    const format: WireFormat = chance.oneIn(2) ? "json" : "protobuf";
    const sessionId = page.sessionId as string;
    const watcher = watch({
      arena,
      front: this.front,
      chance: chance.fork(),
      sessionId,
      playerId,
      spectates,
      format,
      name,
    });
    this.watchers.push(watcher);
    page.sights.push(watcher.sight);
  }

  private goesOn(endMs: number): boolean {
    return !this.closing && performance.now() < endMs && !this.isOver();
  }

  private async moves(endMs: number): Promise<void> {
    const everyMs = 1000 / this.pace.movesPerSecond;
    while (this.goesOn(endMs)) {
      for (const { socket, sight } of this.watchers) {
        const at = sight.spectates ? null : socket.view.you?.position;
        if (at) socket.move({ x: at.x + this.chance.between(-9, 9) / 100, y: at.y, z: at.z });
      }
      await delay(everyMs * (0.5 + this.chance.fraction()));
    }
  }

  private async damages(endMs: number): Promise<void> {
    const underway = new Set<Promise<unknown>>();
    while (this.goesOn(endMs) && this.serial < TAGS) {
      await delay((2 * this.chance.fraction() * 1000) / this.pace.damagePerSecond);
      if (this.paused || underway.size >= this.pace.damageAtOnce) continue;
      const asked = this.damage().finally(() => underway.delete(asked));
      underway.add(asked);
    }
    await Promise.all(underway);
  }

  private async damage(): Promise<void> {
    const tag = tagOf(this.page.playerIds, this.serial++);
    const path = `/sessions/${this.page.sessionId}/damage`;
    const body = { ...tag, damage: this.chance.between(100, 6_000) / 100 };
    const request = { ...(await this.serviceAsk("POST", path)), body, key: randomUUID() };
    await this.note(newCall({ kind: "damage", damage: tag }), request);
  }

  private async deeds(endMs: number): Promise<void> {
    for (;;) {
      await delay(this.pace.deedsEveryMs * 2 * this.chance.fraction());
      if (!this.goesOn(endMs)) return;
      const deed = this.chance.pick(["pause", "join", "leave", "break", "break"] as const);
      if (deed === "pause") await this.pauseAndResume();
      if (deed === "join") await this.join();
      if (deed === "leave") await this.leave();
      if (deed === "break") breakOff(this.chance.pick(this.watchers));
    }
  }

  private async pauseAndResume(): Promise<void> {
    const paused = await this.status("pause", "paused");
    this.paused = paused.outcome === "done";
    await delay(this.chance.between(0, 300));
    if (paused.outcome === "done") await this.status("resume", "active");
    this.paused = false;
  }

  private async join(): Promise<void> {
    if (this.guests.length >= 2) return;
    const playerId = randomUUID();
    const token = await this.arena.token(playerId, "player");
    const path = `/sessions/${this.page.sessionId}/join`;
    const call = newCall({ kind: "join", playerId });
    const joined = await this.note(call, { verb: "POST", path, token, body: {}, key: randomUUID() });
    if (joined.outcome !== "done") return;
    this.guests.push(playerId);
    if (this.chance.oneIn(2)) this.enter(playerId, `guest ${playerId.slice(0, 4)}`, false);
  }

  private async leave(): Promise<void> {
    const playerId = this.guests.shift();
    if (playerId === undefined) return;
    const token = await this.arena.token(playerId, "player");
    const path = `/sessions/${this.page.sessionId}/leave`;
    await this.note(newCall({ kind: "leave", playerId }), { verb: "POST", path, token, body: {} });
  }

  private async status(kind: "start" | "pause" | "resume", status: "active" | "paused"): Promise<Call> {
    const token = await this.arena.token(this.page.hostId, "player");
    const path = `/sessions/${this.page.sessionId}`;
    return this.note(newCall({ kind }), { verb: "PUT", path, token, body: { status } });
  }

  private async end(): Promise<void> {
    const token = await this.arena.token(this.page.hostId, "player");
    await this.note(newCall({ kind: "end" }), { verb: "DELETE", path: `/sessions/${this.page.sessionId}`, token });
  }

  private async note(call: Call, asked: Ask): Promise<Call> {
    this.page.calls.push(call);
    const goesOn = () => !this.givenUp;
    await settle(call, { front: this.front, asked, goesOn, random: this.chance.fraction });
    const details = call.answer?.["details"] as { status?: string } | undefined;
    const isOver = call.outcome === "refused" && ["ended", "cancelled"].includes(details?.status ?? "");
    if (isOver || (call.kind === "end" && call.outcome === "done")) this.isEnded = true;
    return call;
  }

  private async serviceAsk(verb: Ask["verb"], path: string): Promise<Ask> {
    return { verb, path, token: await this.arena.token(this.serviceId, "service") };
  }
}

function shown({ viewer, lastSeq, seen, messageCount, lastFrame }: Sight): string {
  const ages = `${messageCount} messages, the last frame ${Math.round(performance.now() - lastFrame.atMs)} ms ago`;
  const last = seen.slice(-SEEN_SHOWN).map((one) => {
    if (one.kind === "event") return `${one.event.epoch}:${one.event.seq}`;
    if (one.kind === "state") return `state ${one.state.epoch}:${one.state.last_seq}`;
    return one.kind === "gap" ? `gap ${one.expected}-${one.got}` : `down ${one.code} ${one.reason}`;
  });
  return `${viewer} stays at ${lastSeq} (${ages}; ${last.join(", ")})`;
}

const SEEN_SHOWN = 12;

const TYPES = ["explosion", "ability", "environmental"] as const;
const WEAPONS = [undefined, "assault_rifle", "shotgun", "sniper_rifle"] as const;
/** Damage calls of one session; after that it plays on without. */
export const TAGS = PLAYERS * PLAYERS * TYPES.length * 2 * WEAPONS.length;

/** The same number gives the same tag, and another one another. */
function tagOf(playerIds: readonly string[], serial: number): DamageTag {
  let rest = serial;
  const draw = (count: number): number => {
    const drawn = rest % count;
    rest = Math.floor(rest / count);
    return drawn;
  };
  const target = draw(PLAYERS);
  const by = draw(PLAYERS); // The one who is hurt stands for nobody.
  const damage_type = TYPES[draw(TYPES.length)] as (typeof TYPES)[number];
  const headshot = draw(2) === 1;
  const weapon = WEAPONS[draw(WEAPONS.length)];
  return {
    target_id: playerIds[target] as string,
    ...(by === target ? {} : { attacker_id: playerIds[by] as string }),
    damage_type,
    headshot,
    ...(weapon === undefined ? {} : { weapon }),
  };
}
