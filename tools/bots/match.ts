/**
 * Match: one session played by bots from its creation to its end.
 * In:  what to play, and hooks.   Out: how it ended; every socket of it is closed then.
 * Law: each event is told once, in order, whichever bots saw it. A match that does not end in time, or is called off,
 *      is ended over REST, so that none is left behind.
 * Not here: what bots do (bot.ts), matches one after another (bots.ts, demo.ts).
 */
import { setTimeout as delay } from "node:timers/promises";
import {
  type Answer,
  type CameraMode,
  type CombatEvent,
  type CombatSession,
  type CombatSocket,
  type CreateSession,
  connect,
  type Down,
  type GameMode,
  type Refusal,
  SessionsClient,
  type TokenOccasion,
  type WireFormat,
} from "#client/index.ts";
import { CLOSES } from "#wire/close-codes.ts";
import { Bot } from "./bot.ts";
import type { BotLoop } from "./bot-loop.ts";
import { type CastPlayer, castMatch } from "./cast.ts";
import type { Credentials } from "./credentials.ts";
import { CALL_RETRY_MS, CALL_RETRY_MS_MAX, CALL_TRIES_MAX, MATCH_OVERTIME_MS, SETUP_CALLS_MAX } from "./limits.ts";
import type { Tally } from "./tally.ts";

export type MatchPlan = {
  readonly url: string;
  readonly mode: GameMode;
  readonly players: number;
  readonly spectators: number;
  readonly format: WireFormat;
  readonly seed: number;
  readonly settings: Omit<CreateSession, "game_mode" | "participants">;
};

export type MatchHooks = {
  /** Created; seats are given next. */
  readonly onCreated?: (session: CombatSession, cast: readonly CastPlayer[]) => void;
  readonly onEvent?: (event: CombatEvent) => void;
};

export type MatchDeps = {
  readonly credentials: Credentials;
  readonly loop: BotLoop;
  readonly tally: Tally;
  /** Calls the match off. */
  readonly signal: AbortSignal;
};

export type MatchEnd = { readonly ended: true } | { readonly ended: false; readonly refusal: Refusal };

const CAMERA_MODES: readonly CameraMode[] = ["cinematic", "overview", "follow_player", "free"];

export class Match {
  private readonly plan: MatchPlan;
  private readonly deps: MatchDeps;
  private readonly hooks: MatchHooks;
  private readonly bots: Bot[] = [];
  private readonly spectators: CombatSocket[] = [];
  private readonly over = Promise.withResolvers<void>();
  private isOver = false;
  private lastSeq = 0;
  private goneCount = 0;

  constructor(plan: MatchPlan, deps: MatchDeps, hooks: MatchHooks = {}) {
    this.plan = plan;
    this.deps = deps;
    this.hooks = hooks;
  }

  get connectedCount(): number {
    const watching = this.spectators.filter((socket) => socket.state === "open").length;
    return watching + this.bots.filter((bot) => bot.isConnected).length;
  }

  async play(): Promise<MatchEnd> {
    const { credentials } = this.deps;
    const cast = castMatch(this.plan.players, this.plan.mode);
    const service = new SessionsClient({ url: this.plan.url, token: () => credentials.service() });
    const once = { idempotencyKey: crypto.randomUUID() }; // A repeated call must not make a second session.
    const created = await this.persist(() => service.create(this.request(cast), once));
    if (!created.ok) return { ended: false, refusal: created.refusal };
    const session = created.value;
    this.hooks.onCreated?.(session, cast);
    try {
      const refusal = (await this.seat(session, cast)) ?? (await this.watch(session));
      if (refusal) return { ended: false, refusal };
      await this.untilOver(session);
      return { ended: true };
    } finally {
      this.closeAll();
      await this.endUnlessOver(service, session.id);
    }
  }

  private request(cast: readonly CastPlayer[]): CreateSession {
    const { mode, players, settings } = this.plan;
    const participants = cast.map(({ playerId, teamId }) => ({ player_id: playerId, team_id: teamId }));
    return { ...settings, game_mode: mode, participants, max_players: Math.max(2, players) };
  }

  /** Seats everybody, then opens the sockets: the session starts with the last of them. */
  private async seat(session: CombatSession, cast: readonly CastPlayer[]): Promise<Refusal | null> {
    const { credentials, loop, tally } = this.deps;
    let refusal: Refusal | null = null;
    for (let first = 0; first < cast.length && !refusal; first += SETUP_CALLS_MAX) {
      const group = cast.slice(first, first + SETUP_CALLS_MAX).map(async (player, offset) => {
        const own = () => credentials.user(player.playerId, "player", player.name);
        const client = new SessionsClient({ url: this.plan.url, token: own });
        const once = { idempotencyKey: crypto.randomUUID() };
        const joined = await this.persist(() => client.join(session.id, { team_id: player.teamId }, once));
        if (!joined.ok) {
          refusal = joined.refusal;
          return;
        }
        const bot = new Bot({
          url: this.plan.url,
          sessionId: session.id,
          format: this.plan.format,
          seed: (this.plan.seed + first + offset) >>> 0,
          tally,
          token: ticketFirst(joined.value.auth_token, own),
          onEvent: (event) => this.tell(event),
          onGone: (down) => this.gone(down),
        });
        this.bots.push(bot);
        loop.add(bot);
      });
      await Promise.all(group);
    }
    return refusal;
  }

  private async watch(session: CombatSession): Promise<Refusal | null> {
    const { credentials, tally } = this.deps;
    for (let index = 0; index < this.plan.spectators; index++) {
      const spectatorId = crypto.randomUUID();
      const own = () => credentials.user(spectatorId, "spectator");
      const client = new SessionsClient({ url: this.plan.url, token: own });
      const cameraMode = CAMERA_MODES[index % CAMERA_MODES.length]!;
      const followTarget = session.participants[index % session.participants.length]?.player_id;
      const target = cameraMode === "follow_player" && followTarget !== undefined ? followTarget : undefined;
      const watching = await this.persist(() =>
        client.spectate(session.id, { preferred_camera_mode: cameraMode, ...(target && { follow_target_id: target }) }),
      );
      if (!watching.ok) return watching.refusal;
      this.spectators.push(
        connect({
          url: this.plan.url,
          sessionId: session.id,
          format: this.plan.format,
          spectate: { cameraMode, ...(target && { followTarget: target }) },
          tokenProvider: ticketFirst(watching.value.auth_token, own),
          onMessage: (message) => {
            tally.count("frames");
            if (message.type === "combat_event") this.tell(message);
          },
          onRoundTrip: (ms) => tally.roundTrip(ms),
          onGap: () => tally.count("gaps"),
          onUndecodable: () => tally.count("undecodable"),
        }),
      );
    }
    return null;
  }

  private tell(event: CombatEvent): void {
    if (event.seq <= this.lastSeq) return;
    this.lastSeq = event.seq;
    if (event.event === "player_killed") this.deps.tally.count("kills");
    this.hooks.onEvent?.(event);
    if (event.event !== "session_ended") return;
    this.isOver = true;
    this.over.resolve();
  }

  private gone(down: Down): void {
    if (down.code !== CLOSES.session_over.code && down.code !== CLOSES.done.code) this.deps.tally.count("lost");
    this.goneCount += 1;
    if (this.goneCount === this.plan.players) this.over.resolve(); // Nobody is left to hear the end.
  }

  private async untilOver(session: CombatSession): Promise<void> {
    const { signal } = this.deps;
    const limitMs = session.time_limit_minutes * 60_000 + MATCH_OVERTIME_MS;
    const done = new AbortController();
    const called = AbortSignal.any([signal, done.signal]);
    await Promise.race([this.over.promise, delay(limitMs, undefined, { signal: called }).catch(() => undefined)]);
    done.abort();
  }

  private async endUnlessOver(service: SessionsClient, sessionId: string): Promise<void> {
    if (this.isOver) return;
    const ended = await service.end(sessionId);
    if (!ended.ok) this.deps.tally.count("errors"); // Then its own time limit ends it.
  }

  private closeAll(): void {
    for (const bot of this.bots) {
      this.deps.loop.remove(bot);
      bot.close();
    }
    for (const socket of this.spectators) socket.close();
  }

  /** Comes back when the service says "later", a bounded number of times. */
  private async persist<T>(call: () => Promise<Answer<T>>): Promise<Answer<T>> {
    for (let tries = 1; ; tries++) {
      const answer = await call();
      const later = !answer.ok && LATER.has(answer.refusal.status);
      if (!later || tries >= CALL_TRIES_MAX || this.deps.signal.aborted) return answer;
      const waitMs = Math.min(CALL_RETRY_MS_MAX, answer.refusal.retryAfterMs ?? CALL_RETRY_MS * 2 ** (tries - 1));
      await delay(waitMs, undefined, { signal: this.deps.signal }).catch(() => undefined);
    }
  }
}

/** Statuses that mean "later": no answer, too many, not available just now. */
const LATER: ReadonlySet<number> = new Set([0, 429, 503, 504]);

/** The join ticket opens the first connection; later ones come with the player's own token. */
function ticketFirst(ticket: string, own: () => Promise<string>) {
  return (occasion: TokenOccasion): string | Promise<string> => (occasion === "connect" ? ticket : own());
}
