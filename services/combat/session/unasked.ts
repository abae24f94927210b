/** Unasked: what a session does by itself: begin when all are there, end when nobody is. */
import type { Result } from "#wire/problem.ts";
import { UNATTENDED_MS_MAX } from "../limits.ts";
import { wantsStart } from "./beginning.ts";
import { type Change, planEnd, planStatus } from "./changes.ts";
import type { Session } from "./session.ts";

/** Null when there is nothing to do. */
export function planUnasked(
  session: Session,
  { unattendedMs, unixMs }: { unattendedMs: number; unixMs: number },
): (() => Result<Change>) | null {
  if (unattendedMs >= UNATTENDED_MS_MAX) {
    return () => planEnd(session, { status: "cancelled", reason: "disconnect" }, unixMs);
  }
  return wantsStart(session) ? () => planStatus(session, "active", unixMs) : null;
}
