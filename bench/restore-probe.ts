/**
 * Restore probe: loaded before combat's main file (node --import), it notes when each stage of taking sessions over begins
 * and ends, and when every restored session has had a tick.
 * In:  BENCH_PROBE_FILE, BENCH_PROBE_SESSIONS.   Out: that file, once all of them tick: milliseconds since the process began.
 * Law: only looks: each call goes on to what it stands before. Not part of the service.
 */
import { renameSync, writeFileSync } from "node:fs";
import "#combat/compose.ts";
import { SessionHost } from "#combat/session/host.ts";
import { Recovery, type RecoveryParts } from "#combat/session/recovery.ts";
import { Session } from "#combat/session/session.ts";

export type ProbeTimes = {
  /** All code is loaded; nothing has begun. */
  readonly loadedMs: number;
  /** Stores are open, migrations done: recovery begins. */
  readonly storesMs: number;
  /** Time in which at least one claim, or one taking of a live copy, was under way. */
  readonly claimMs: number;
  readonly takeMs: number;
  /** Recovery is done: all sessions are hosted. */
  readonly recoveredMs: number;
  readonly firstTickMs: number;
  readonly lastTickMs: number;
};

const file = process.env["BENCH_PROBE_FILE"] as string;
const expected = Number(process.env["BENCH_PROBE_SESSIONS"]);
const now = () => performance.now(); // Since the process began.

const times = { loadedMs: now(), storesMs: 0, claimMs: 0, takeMs: 0, recoveredMs: 0, firstTickMs: 0, lastTickMs: 0 };

/** Wall time with at least one call under way. */
function timeOf(add: (ms: number) => void) {
  let underway = 0;
  let fromMs = 0;
  return async <T>(call: () => Promise<T>): Promise<T> => {
    if (underway++ === 0) fromMs = now();
    try {
      return await call();
    } finally {
      if (--underway === 0) add(now() - fromMs);
    }
  };
}

function done(): void {
  if (times.recoveredMs === 0 || ticked.size < expected) return;
  writeFileSync(`${file}.part`, JSON.stringify(times));
  renameSync(`${file}.part`, file);
  Session.prototype.handleTick = tick;
}

const start = Recovery.prototype.start;
Recovery.prototype.start = async function probed(this: Recovery) {
  times.storesMs = now();
  const { claims, live } = (this as unknown as { parts: RecoveryParts }).parts;
  const { claim } = claims;
  const take = live.take.bind(live);
  const claiming = timeOf((ms) => {
    times.claimMs += ms;
  });
  const taking = timeOf((ms) => {
    times.takeMs += ms;
  });
  claims.claim = (...given) => claiming(() => claim(...given));
  live.take = (...given) => taking(() => take(...given));
  const counts = await start.call(this);
  times.recoveredMs = now();
  done();
  return counts;
};

const ticked = new Set<string>();
const adopted = new Set<string>();
const adopt = SessionHost.prototype.adopt;
SessionHost.prototype.adopt = function probed(this: SessionHost, session, kept) {
  adopted.add(session.id);
  return adopt.call(this, session, kept);
};

const tick = Session.prototype.handleTick;
Session.prototype.handleTick = function probed(this: Session, nowMs, unixMs) {
  tick.call(this, nowMs, unixMs);
  if (ticked.has(this.id) || !adopted.has(this.id)) return;
  ticked.add(this.id);
  times.lastTickMs = now();
  if (ticked.size === 1) times.firstTickMs = times.lastTickMs;
  done();
};
