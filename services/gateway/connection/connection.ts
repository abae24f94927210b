/**
 * Connection: one client's way through the gateway, as a state machine without sockets, timers or bytes.
 * In:  `handleX(now, …)`: what the client, combat and time do.   Out: `poll()`: what is to be done about it, in order.
 *
 *   attaching ──attached──▶ open ──relay lost──▶ away ──relay up──▶ reattaching ──attached──▶ open
 *       └─refused, late, gone─▶ closed ◀─any reason to close─ open, away, reattaching
 *
 *   Served elsewhere, a session is asked for there: attaching stays attaching; reattaching, refused as UNAVAILABLE, is away again.
 *
 * Law: nothing goes upstream but between attach and detach; every attach that combat granted is ended by one detach,
 *      unless combat itself ended it; after `closed` nothing happens any more.
 * Times: `nowMs` is monotonic; `unixMs` is the wall clock, which only token expiry follows.
 * Not here: who may connect (edge/entry.ts), slow readers (outbox.ts), what inputs mean (combat).
 */
import type { CloseReason } from "#wire/close-codes.ts";
import { no, ok, type Problem, problem, type Result } from "#wire/problem.ts";
import {
  AWAY_ANSWER_MS,
  AWAY_MS_MAX,
  REROUTE_MS,
  REROUTES_MAX,
  STRIKES_MAX,
  TOKEN_WARNING_MS,
  UNAVAILABLE_RETRY_AFTER_MS,
} from "../limits.ts";
import { closeReasonOf } from "./closing.ts";
import { servedAt, withoutAddress } from "./elsewhere.ts";
import { Heartbeat } from "./heartbeat.ts";
import type { Caller, ClientInput, ClientMessageType, Cursor } from "./messages.ts";
import { RateLimit } from "./rate-limit.ts";
import { ResumePoint } from "./resume.ts";

export type Phase = "attaching" | "open" | "away" | "reattaching" | "closed";

export type Output =
  /** Ask combat to let the connection in, or back in. */
  | { readonly kind: "attach"; readonly again: boolean; readonly resume: Cursor | null }
  /** Combat does not have the session where it was asked for: find it, at this address when one was told, and ask there. */
  | { readonly kind: "reroute"; readonly address: string | null }
  | { readonly kind: "detach" }
  | { readonly kind: "input"; readonly input: ClientInput }
  /** Complete the upgrade. */
  | { readonly kind: "upgrade" }
  /** Answer the handshake with an HTTP error. */
  | { readonly kind: "refuse"; readonly problem: Problem }
  | { readonly kind: "error"; readonly problem: Problem }
  | { readonly kind: "token_expiring"; readonly expiresAtUnixMs: number }
  /** Verify this token and answer with handleRefreshed. */
  | { readonly kind: "verify"; readonly token: string }
  | { readonly kind: "ping" }
  /** Tell combat how far away the client is. */
  | { readonly kind: "round_trip"; readonly ms: number }
  | { readonly kind: "close"; readonly reason: CloseReason };

/** What became of the token of an auth_refresh: good until then, or why not, and whether that ends the connection. */
export type RefreshVerdict =
  | { readonly ok: true; readonly expiresAtUnixMs: number }
  | { readonly ok: false; readonly problem: Problem; readonly fatal: boolean };

export type ConnectionStart = {
  readonly nowMs: number;
  /** When the handshake must be through. */
  readonly handshakeDueMs: number;
  /** 0 to 1: where in each pause its pings and its looks for the session fall, so that those of many do not come at once. */
  readonly spread: number;
};

const PLAYERS_ONLY: ReadonlySet<ClientMessageType> = new Set(["position_update", "combat_action"]);
const SPECTATORS_ONLY: ReadonlySet<ClientMessageType> = new Set(["camera_update"]);

export class Connection {
  readonly caller: Caller;
  private phaseNow: Phase = "attaching";
  /** None most of the time, and then no list of its own. */
  private outputs: Output[] | null;
  private readonly rate: RateLimit;
  private readonly heartbeat: Heartbeat;
  private readonly resumePoint: ResumePoint;
  private readonly handshakeDueMs: number;
  private tokenExpiresAtUnixMs: number | null;
  private isTokenWarned = false;
  private isRefreshing = false;
  private strikes = 0;
  private awaySinceMs = 0;
  private awayAnsweredMs = Number.NEGATIVE_INFINITY;
  /** When the session is looked for again. */
  private rerouteDueMs = Number.POSITIVE_INFINITY;
  /** Its looks fall so long after each multiple of REROUTE_MS. Whole, so that a look at its moment is not due again at once. */
  private readonly rerouteOffsetMs: number;
  /** In a row. */
  private reroutes = 0;
  /** Attaching, sent on to an instance that was not asked yet. */
  private isUnasked = false;

  constructor(caller: Caller, { nowMs, handshakeDueMs, spread }: ConnectionStart) {
    this.caller = caller;
    this.rate = new RateLimit(nowMs);
    this.heartbeat = new Heartbeat(nowMs, spread);
    this.rerouteOffsetMs = Math.floor(spread * REROUTE_MS);
    this.resumePoint = new ResumePoint(caller.resume);
    this.handshakeDueMs = handshakeDueMs;
    this.tokenExpiresAtUnixMs = caller.tokenExpiresAtUnixMs;
    this.outputs = [{ kind: "attach", again: false, resume: caller.resume }];
  }

  phase(): Phase {
    return this.phaseNow;
  }

  /** Number of the newest frame given to this connection. */
  newestFrame(): number {
    return this.resumePoint.newestFrame();
  }

  /** What is to be done next; null when everything is done. */
  poll(): Output | null {
    const { outputs } = this;
    if (outputs === null) return null;
    const next = outputs.shift() ?? null;
    if (outputs.length === 0) this.outputs = null;
    return next;
  }

  // Combat

  handleAttached(nowMs: number): void {
    if (this.phaseNow === "attaching") {
      this.heartbeat.handleProbe(nowMs);
      this.put({ kind: "upgrade" }, { kind: "ping" });
    } else if (this.phaseNow !== "reattaching") return;
    this.phaseNow = "open";
    this.reroutes = 0;
    this.tellRoundTrip();
  }

  handleRefused(nowMs: number, refusal: Problem): void {
    const address = this.reroutes < REROUTES_MAX ? servedAt(refusal) : null;
    if (this.phaseNow === "attaching") {
      if (address === null) return this.refuse(withoutAddress(refusal));
      this.isUnasked = true;
      this.reroute(address);
    } else if (this.phaseNow === "reattaching") {
      if (refusal.error !== "UNAVAILABLE") return this.close(closeReasonOf(refusal), { byCombat: true });
      this.phaseNow = "away"; // It moves from one instance to another: that takes a moment.
      this.rerouteDueMs = this.nextLookMs(nowMs);
      if (address !== null) this.reroute(address);
    }
  }

  /** A frame of the room, or of this connection alone, was given to the client. */
  handleFrame(frame: number): void {
    this.resumePoint.handleFrame(frame);
  }

  handleSessionState(epoch: number, frame: number): void {
    this.resumePoint.handleSessionState(epoch, frame);
  }

  /** Combat ended the connection; it expects no detach. */
  handleCombatClose(reason: CloseReason): void {
    if (this.phaseNow === "attaching") this.refuse(unavailable("the session ended the connection; try again"));
    else this.close(reason, { byCombat: true });
  }

  handleRelayLost(nowMs: number): void {
    if (this.phaseNow === "attaching") {
      this.refuse(unavailable("the combat service is away; try again"));
    } else if (this.phaseNow === "open" || this.phaseNow === "reattaching") {
      if (this.phaseNow === "open") this.awaySinceMs = nowMs;
      this.phaseNow = "away";
      this.rerouteDueMs = this.nextLookMs(nowMs);
    }
  }

  /** The relay to where the session is looked for takes items. */
  handleRelayUp(): void {
    if (this.phaseNow === "attaching" && this.isUnasked) {
      this.isUnasked = false;
      this.put({ kind: "attach", again: false, resume: this.caller.resume });
    }
    if (this.phaseNow !== "away") return;
    this.phaseNow = "reattaching";
    this.put({ kind: "attach", again: true, resume: this.resumePoint.cursor() });
  }

  // Client

  /** A message has come, not yet looked at. False when it is to be dropped unread. */
  handleArrival(nowMs: number): boolean {
    if (!this.isLive()) return false;
    this.heartbeat.handleHeard();
    const verdict = this.rate.handleMessage(nowMs);
    if (verdict === "take") return true;
    if (verdict === "close") this.close("rate_limited");
    else this.answer(tooFast(this.rate.retryAfterMs()));
    return false;
  }

  /** An answer to our own ping costs the client nothing; any other pong counts as a message. */
  handlePong(nowMs: number): void {
    if (!this.isLive()) return;
    if (!this.heartbeat.handlePong(nowMs)) this.handleArrival(nowMs);
    else if (this.phaseNow === "open") this.tellRoundTrip();
  }

  /** A message has been read, or could not be. */
  handleInput(nowMs: number, decoded: Result<ClientInput>): void {
    if (!this.isLive()) return;
    const allowed = decoded.ok ? this.allowed(decoded.value) : decoded;
    if (!allowed.ok) this.strike(allowed.problem);
    else if (allowed.value.token !== null) this.askToVerify(allowed.value.token);
    else if (this.phaseNow === "open") this.put({ kind: "input", input: allowed.value });
    else this.answerAway(nowMs);
  }

  /** The relay would not take the input. */
  handleInputLost(nowMs: number): void {
    if (this.isLive()) this.answerAway(nowMs);
  }

  handleRefreshed(verdict: RefreshVerdict): void {
    this.isRefreshing = false;
    if (!this.isLive()) return;
    if (verdict.ok) {
      if (this.tokenExpiresAtUnixMs !== null) this.tokenExpiresAtUnixMs = verdict.expiresAtUnixMs;
      this.isTokenWarned = false;
      return;
    }
    this.answer(verdict.problem);
    if (verdict.fatal) this.close("token_invalid");
  }

  /** The socket, or the request before its upgrade, is gone. */
  handleGone(): void {
    if (this.phaseNow === "closed") return;
    const attached = this.phaseNow !== "away";
    this.phaseNow = "closed";
    if (attached) this.put({ kind: "detach" });
  }

  /** The gateway itself ends the connection: slow reader, drain, an error of ours. */
  handleClose(reason: CloseReason): void {
    if (this.phaseNow !== "attaching") this.close(reason);
    else this.refuseDetached(unavailable("this gateway is shutting down; connect again"));
  }

  // Time

  handleTick(nowMs: number, unixMs: number): void {
    if (this.phaseNow === "closed") return;
    if (this.phaseNow === "attaching") {
      if (nowMs >= this.handshakeDueMs) {
        this.refuseDetached(problem("DEADLINE_EXCEEDED", "the combat service did not answer in time; try again"));
      }
      return;
    }
    if (this.isAway() && nowMs >= this.awaySinceMs + AWAY_MS_MAX) return this.close("unavailable");
    if (this.phaseNow === "away" && nowMs >= this.rerouteDueMs) this.lookAgain(nowMs);
    if (!this.watchToken(unixMs)) this.beat(nowMs);
  }

  /** When handleTick has something to do next, as far as is known now. */
  dueMs(nowMs: number, unixMs: number): number {
    if (this.phaseNow === "attaching") return this.handshakeDueMs;
    let dueMs = this.heartbeat.dueMs();
    if (this.isAway()) dueMs = Math.min(dueMs, this.awaySinceMs + AWAY_MS_MAX);
    if (this.phaseNow === "away") dueMs = Math.min(dueMs, this.rerouteDueMs);
    if (this.tokenExpiresAtUnixMs !== null) {
      const nextUnixMs = this.tokenExpiresAtUnixMs - (this.isTokenWarned ? 0 : TOKEN_WARNING_MS);
      dueMs = Math.min(dueMs, nowMs + Math.max(0, nextUnixMs - unixMs));
    }
    return dueMs;
  }

  private put(...outputs: Output[]): void {
    if (this.outputs === null) this.outputs = outputs;
    else this.outputs.push(...outputs);
  }

  private reroute(address: string): void {
    this.reroutes += 1;
    this.put({ kind: "reroute", address });
  }

  /** By a measure of its own, not from now: thousands are lost in one moment, and refused in one. */
  private nextLookMs(nowMs: number): number {
    const passed = Math.floor((nowMs - this.rerouteOffsetMs) / REROUTE_MS);
    return (passed + 1) * REROUTE_MS + this.rerouteOffsetMs;
  }

  private lookAgain(nowMs: number): void {
    this.reroutes = 0;
    this.rerouteDueMs = this.nextLookMs(nowMs);
    this.put({ kind: "reroute", address: null });
  }

  private isLive(): boolean {
    return this.phaseNow !== "closed" && this.phaseNow !== "attaching";
  }

  private isAway(): boolean {
    return this.phaseNow === "away" || this.phaseNow === "reattaching";
  }

  private allowed(input: ClientInput): Result<ClientInput> {
    const { type } = input;
    if (this.caller.spectator && PLAYERS_ONLY.has(type)) {
      return no(problem("FORBIDDEN", "spectators only watch", { field: "type", got: type }));
    }
    if (!this.caller.spectator && SPECTATORS_ONLY.has(type)) {
      return no(problem("FORBIDDEN", "only spectators choose a camera", { field: "type", got: type }));
    }
    return ok(input);
  }

  /** True when the token has run out, which ends the connection. */
  private watchToken(unixMs: number): boolean {
    const expiresAtUnixMs = this.tokenExpiresAtUnixMs;
    if (expiresAtUnixMs === null) return false;
    if (unixMs >= expiresAtUnixMs) {
      this.close("token_expired");
      return true;
    }
    if (!this.isTokenWarned && unixMs >= expiresAtUnixMs - TOKEN_WARNING_MS) {
      this.isTokenWarned = true;
      this.put({ kind: "token_expiring", expiresAtUnixMs });
    }
    return false;
  }

  private tellRoundTrip(): void {
    const ms = this.heartbeat.roundTripMs();
    if (ms !== null) this.put({ kind: "round_trip", ms: Math.round(ms) });
  }

  private beat(nowMs: number): void {
    const beat = this.heartbeat.poll(nowMs);
    if (beat === "ping") this.put({ kind: "ping" });
    else if (beat === "dead") this.close("no_heartbeat");
  }

  private askToVerify(token: string): void {
    if (this.isRefreshing) {
      this.answer(problem("RATE_LIMITED", "a token is being looked at; wait for the answer", { retry_after_ms: 1000 }));
      return;
    }
    this.isRefreshing = true;
    this.put({ kind: "verify", token });
  }

  private strike(why: Problem): void {
    this.strikes += 1;
    const left = STRIKES_MAX - this.strikes;
    this.answer({ ...why, details: { ...why.details, strikes_left: left } });
    if (left <= 0) this.close("malformed");
  }

  private answer(why: Problem): void {
    this.put({ kind: "error", problem: why });
  }

  private answerAway(nowMs: number): void {
    if (nowMs < this.awayAnsweredMs + AWAY_ANSWER_MS) return;
    this.awayAnsweredMs = nowMs;
    this.answer(
      problem("UNAVAILABLE", "the session is away for a moment; this input is lost", {
        retry_after_ms: AWAY_ANSWER_MS,
      }),
    );
  }

  private refuse(why: Problem): void {
    this.phaseNow = "closed";
    this.put({ kind: "refuse", problem: why });
  }

  private refuseDetached(why: Problem): void {
    this.refuse(why);
    this.put({ kind: "detach" });
  }

  private close(reason: CloseReason, { byCombat = false } = {}): void {
    if (this.phaseNow === "closed") return;
    const isKnownToCombat = !byCombat && this.phaseNow !== "away";
    this.phaseNow = "closed";
    if (isKnownToCombat) this.put({ kind: "detach" });
    this.put({ kind: "close", reason });
  }
}

function tooFast(retryAfterMs: number): Problem {
  return problem("RATE_LIMITED", "too many messages; this one is dropped", { retry_after_ms: retryAfterMs });
}

function unavailable(message: string): Problem {
  return problem("UNAVAILABLE", message, { retry_after_ms: UNAVAILABLE_RETRY_AFTER_MS });
}
