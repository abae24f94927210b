/** Samples: where everybody stands, what was shot at, what checks found, for the rest of the game. No events: no number, no change. */
import type { Session } from "./session.ts";
import type { SampleBody, SessionEvent } from "./session-events.ts";

export function sampleOf(session: Session, unixMs: number): SessionEvent {
  const players = session.roster.sitting().flatMap((seat) => {
    const fighter = session.fighter(seat);
    if (fighter === null) return [];
    const { position, alive } = fighter;
    return [{ playerId: seat.playerId, position, alive }];
  });
  return record(session, unixMs, { kind: "positions_sampled", players, skipped: 0 });
}

/**
 * The shots since the last call; null where there were none. Its tick, which names it, is that of the last shot: when the
 * session is ahead of what is kept, two records may be made in one tick of the session.
 */
export function shotsOf(session: Session, unixMs: number): SessionEvent | null {
  if (session.shots.count === 0) return null;
  const told = session.shots.pollAll();
  const last = told.shots.at(-1);
  return last === undefined ? null : { ...record(session, unixMs, { kind: "shots_fired", ...told }), tick: last.tick };
}

/** The findings since the last call, in the same way. */
export function findingsOf(session: Session, unixMs: number): SessionEvent | null {
  const { findings } = session;
  return findings.count === 0 ? null : record(session, unixMs, { kind: "movement_checked", ...findings.pollAll() });
}

function record({ id: sessionId, epoch, world }: Session, atUnixMs: number, body: SampleBody): SessionEvent {
  return { sessionId, epoch, seq: 0, tick: world.tick, atUnixMs, body };
}
