/** A session with what its host keeps around it. */
import type { Outcome } from "../sim/inputs.ts";
import { Audience, type BroadcastEncoder } from "./audience.ts";
import type { Ticking } from "./scheduler.ts";
import type { Session } from "./session.ts";

export type Hosted = {
  readonly session: Session;
  readonly audience: Audience;
  /** Answers awaited, by the number of the action or damage. */
  readonly awaiting: Map<number, (outcome: Outcome) => void>;
  /** Null once the session's time has stopped. */
  ticking: Ticking | null;
  /** Events are on their way to the journal; what comes after waits for them. */
  journaling: boolean;
  /** When the last state frame left (monotonic). */
  stateSentAtMs: number;
  /** The change being saved, and how many are under way or wait. */
  tail: Promise<unknown>;
  changesWaiting: number;
  /** The record in the store is behind the session. */
  unsaved: boolean;
  /** A change that the session itself asked for is under way. */
  changingByItself: boolean;
  /** Since when nobody was connected (monotonic). */
  unattendedSinceMs: number;
};

export function hostedOf(session: Session, encoder: BroadcastEncoder, nowMs: number): Hosted {
  return {
    session,
    audience: new Audience(session, encoder),
    awaiting: new Map(),
    ticking: null,
    journaling: false,
    stateSentAtMs: Number.NEGATIVE_INFINITY,
    tail: Promise.resolve(),
    changesWaiting: 0,
    unsaved: false,
    changingByItself: false,
    unattendedSinceMs: nowMs,
  };
}

/** What those get whose action was still waiting when the session's time stopped. */
const NEVER_PLAYED: Outcome = { kind: "refused", id: 0, slot: 0, reason: "not_active", cooldownMs: 0, ammunition: 0 };

export function answerAll(hosted: Hosted): void {
  for (const answer of hosted.awaiting.values()) answer(NEVER_PLAYED);
  hosted.awaiting.clear();
}
