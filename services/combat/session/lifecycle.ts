/** The life of a session as a table of legal moves. docs/STATE-MACHINES.md shows the same table, and a test compares. */
import type { SessionStatus } from "./settings.ts";

export const LEGAL_MOVES = {
  waiting: ["active", "cancelled"],
  active: ["paused", "ended", "cancelled"],
  paused: ["active", "ended", "cancelled"],
  ended: [],
  cancelled: [],
} as const satisfies Record<SessionStatus, readonly SessionStatus[]>;

export function mayMove(from: SessionStatus, to: SessionStatus): boolean {
  return (LEGAL_MOVES[from] as readonly SessionStatus[]).includes(to);
}

export function isOver(status: SessionStatus): boolean {
  return LEGAL_MOVES[status].length === 0;
}
