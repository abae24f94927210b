/**
 * Book: what the drivers of a fault test note while they play: every call with its answer, everything each viewer saw.
 * Plain data, written by drivers, read by the judge. Not here: who plays (match.ts), what is right (judge*.ts).
 */
import type { CombatEvent, CombatSession, SessionState } from "#client/index.ts";

/** done: 2xx. refused: 4xx, nothing may have changed by it. unknown: no answer that says. */
export type Outcome = "done" | "refused" | "unknown";

export type Call = {
  readonly kind: "create" | "start" | "pause" | "resume" | "end" | "join" | "leave" | "damage";
  /** Whom it is about: the player that joins or leaves. */
  readonly playerId?: string;
  readonly damage?: DamageTag;
  readonly atMs: number;
  outcome: Outcome;
  /** How often it was asked; more than once after unknown outcomes. */
  tries: number;
  /** An earlier try may have done it already. */
  mayHaveActed: boolean;
  /** Status and error of the last answer. */
  said: string;
  answer: Record<string, unknown> | null;
};

/** Names one damage call of a session by what its event tells besides the amount. */
export type DamageTag = {
  readonly target_id: string;
  readonly attacker_id?: string;
  readonly damage_type: "explosion" | "ability" | "environmental";
  readonly weapon?: string;
  readonly headshot: boolean;
};

export type Seen =
  | { readonly kind: "event"; readonly event: CombatEvent }
  | { readonly kind: "state"; readonly state: SessionState }
  | { readonly kind: "gap"; readonly expected: number; readonly got: number }
  | { readonly kind: "down"; readonly code: number; readonly reason: string };

export type Sight = {
  readonly viewer: string;
  readonly playerId: string;
  readonly spectates: boolean;
  readonly seen: Seen[];
  /** Newest number of an event, by events or a full state. */
  lastSeq: number;
  lastFrame: { frame: number; atMs: number };
  /** Messages of any kind. */
  messageCount: number;
};

export type Page = {
  /** Known once the creation was answered. */
  sessionId: string | null;
  readonly label: string;
  readonly hostId: string;
  readonly teamIds: readonly [string, string];
  readonly playerIds: readonly string[];
  readonly calls: Call[];
  readonly sights: Sight[];
  /** As REST says after everything has settled. */
  record: CombatSession | null;
};

export function newCall(call: Pick<Call, "kind" | "playerId" | "damage">): Call {
  return {
    ...call,
    atMs: performance.now(),
    outcome: "unknown",
    tries: 0,
    mayHaveActed: false,
    said: "",
    answer: null,
  };
}
