/** A session with what its host keeps around it. */
import type { Outcome } from "../sim/inputs.ts";
import { Audience, type BroadcastEncoder } from "./audience.ts";
import { type Copy, newCopy } from "./copy.ts";
import type { Ticking } from "./scheduler.ts";
import type { Session } from "./session.ts";

export type Hosted = {
  readonly session: Session;
  readonly audience: Audience;
  /** Answers awaited, by the number of the action or damage. */
  readonly awaiting: Map<number, (outcome: Outcome) => void>;
  /** No tick follows that could answer. */
  isStill: boolean;
  /** Null once the session's time has stopped. */
  ticking: Ticking | null;
  readonly copy: Copy;
  /** Events are being kept; what comes after waits for them, but poses. */
  journaling: boolean;
  /** When the next state frame would be due if they left evenly (monotonic); some may leave before. */
  stateDueMs: number;
  /** When the newest state frame left (monotonic). */
  stateLeftMs: number;
  /** While nothing stirs: when what waits for its time (records of shots, of findings) is looked at next (monotonic). */
  lookAtMs: number;
  /** When positions were last sampled (monotonic). */
  sampledAtMs: number;
  /** When the last record of shots was made (monotonic). */
  shotsToldAtMs: number;
  /** When findings were last recorded, or there were none. */
  findingsToldAtMs: number;
  /** What is to be done once everything that was told is shown, in order; and since when the first of it waits. */
  untilShown: (() => void)[];
  untilShownSinceMs: number;
  /** The change being saved, and how many are under way or wait. */
  tail: Promise<unknown>;
  changesWaiting: number;
  /** Players whose removal is on its way to the record. */
  readonly removing: Set<string>;
  /** The record in the store is behind the session. */
  unsaved: boolean;
  /** A change that the session itself asked for is under way. */
  changingByItself: boolean;
  /** Since when nobody was connected (monotonic). */
  unattendedSinceMs: number;
};

/** `keptSeq`: how far it is in the live store under our epoch; null where it is not. */
export function hostedOf(
  session: Session,
  encoder: BroadcastEncoder,
  of: { nowMs: number; keptSeq: number | null },
): Hosted {
  return {
    session,
    copy: newCopy(of.nowMs, of.keptSeq),
    audience: new Audience(session, encoder),
    awaiting: new Map(),
    isStill: false,
    ticking: null,
    journaling: false,
    stateDueMs: Number.NEGATIVE_INFINITY,
    stateLeftMs: Number.NEGATIVE_INFINITY,
    lookAtMs: of.nowMs,
    sampledAtMs: of.nowMs,
    shotsToldAtMs: of.nowMs,
    findingsToldAtMs: of.nowMs,
    untilShown: [],
    untilShownSinceMs: 0,
    tail: Promise.resolve(),
    changesWaiting: 0,
    removing: new Set(),
    unsaved: false,
    changingByItself: false,
    unattendedSinceMs: of.nowMs,
  };
}

/** What those get whose action was still waiting when the session's time stopped. */
const NEVER_PLAYED: Outcome = { kind: "refused", id: 0, slot: 0, reason: "not_active", cooldownMs: 0, ammunition: 0 };

/** Answers when the number's tick was played; at once, if none follows. */
export function awaitOutcome(hosted: Hosted, id: number, answer: (outcome: Outcome) => void): void {
  if (hosted.isStill) answer(NEVER_PLAYED);
  else hosted.awaiting.set(id, answer);
}

/** The session's time has stopped. */
export function answerAll(hosted: Hosted): void {
  hosted.isStill = true;
  for (const answer of hosted.awaiting.values()) answer(NEVER_PLAYED);
  hosted.awaiting.clear();
}
