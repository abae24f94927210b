/** Asides: when samples, shots and findings of a hosted session are told to the rest of the game. Nobody in the session sees them. */
import type { Clock } from "#kit/clock.ts";
import type { Publisher } from "../events/publisher.ts";
import { FINDINGS_RECORD_MS, SHOTS_PER_RECORD, SHOTS_RECORD_MS } from "../limits.ts";
import type { Hosted } from "./hosted.ts";
import { isOver } from "./lifecycle.ts";
import { findingsOf, sampleOf, shotsOf } from "./sample.ts";

/** `sampleMs`: between two samples of where everybody stands; 0 for none. */
export type AsideParts = { publisher: Publisher; clock: Clock; sampleMs?: number };

export function tellPositions(hosted: Hosted, nowMs: number, { sampleMs = 0, publisher, clock }: AsideParts): void {
  const sinceMs = nowMs - hosted.sampledAtMs;
  if (sampleMs === 0 || hosted.session.status !== "active" || sinceMs < sampleMs) return;
  hosted.sampledAtMs = nowMs - (sinceMs % sampleMs); // Each keeps its phase: after a stall they would all come together for good.
  publisher.handleSample(sampleOf(hosted.session, clock.unixMs()));
}

/** While nothing stirs: whether what waits for its time is to be looked at. */
export function isLookDue(hosted: Hosted, nowMs: number): boolean {
  const { session } = hosted;
  if (session.hasWaiting || session.status !== "active") return nowMs >= hosted.lookAtMs;
  hosted.shotsToldAtMs = hosted.findingsToldAtMs = nowMs;
  return false;
}

/** After what was told with them was shown, so that nobody hears of them from an owner that is none any more. */
export function tellAsides(hosted: Hosted, { publisher, clock }: AsideParts): void {
  const nowMs = clock.nowMs();
  const { session } = hosted;
  const shots = areShotsDue(hosted, nowMs) ? shotsOf(session, clock.unixMs()) : null;
  if (shots !== null) publisher.handleSample(shots);
  const findings = areFindingsDue(hosted, nowMs) ? findingsOf(session, clock.unixMs()) : null;
  if (findings !== null) publisher.handleSample(findings);
}

/** Notes when it was asked last with an answer of yes, or there were none. */
function areShotsDue(hosted: Hosted, nowMs: number): boolean {
  const { session } = hosted;
  if (session.shots.count === 0) hosted.shotsToldAtMs = nowMs;
  const isFull = session.shots.count >= SHOTS_PER_RECORD;
  if (!isFull && nowMs - hosted.shotsToldAtMs < SHOTS_RECORD_MS && !isOver(session.status)) return false;
  hosted.shotsToldAtMs = nowMs;
  return true;
}

function areFindingsDue(hosted: Hosted, nowMs: number): boolean {
  const { session } = hosted;
  if (session.findings.count === 0) hosted.findingsToldAtMs = nowMs;
  if (nowMs - hosted.findingsToldAtMs < FINDINGS_RECORD_MS && !isOver(session.status)) return false;
  hosted.findingsToldAtMs = nowMs;
  return true;
}
