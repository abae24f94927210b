/**
 * Door: who gets in to watch or play, and how. A ticket opens once; a newer socket of the same player takes over from
 * the older; one who comes back is held a moment, so that it can say where it stopped before it is shown everything.
 * In: an attach as the gateway verified it. Out: a viewer that the caller then lets enter, or the reason why not.
 */
import type { Clock } from "#kit/clock.ts";
import { no, ok, type Problem, problem, type Result } from "#wire/problem.ts";
import { RESUME_WAIT_MS, SPECTATORS_MAX } from "../limits.ts";
import type { Ticket, UsedTickets } from "../stores/used-tickets.ts";
import type { Outlet, Viewer } from "./audience.ts";
import type { CameraRequest } from "./cameras.ts";
import { type Elsewhere, overProblem } from "./elsewhere.ts";
import type { SessionHost } from "./host.ts";
import type { Hosted } from "./hosted.ts";
import { isOver } from "./lifecycle.ts";
import type { Cursor } from "./orders.ts";
import type { Session } from "./session.ts";

export type AttachRequest = {
  outlet: Outlet;
  connection: number;
  sessionId: string;
  playerId: string;
  /** A service or an admin: may watch what is private. */
  trusted: boolean;
  ticket: Ticket | null;
  resume: Cursor | null;
  /** A spectator's first view; null for a player. */
  camera: CameraRequest | null;
};

export type Admitted = { hosted: Hosted; viewer: Viewer };

export type DoorParts = {
  host: SessionHost;
  clock: Clock;
  tickets: UsedTickets;
  elsewhere: Pick<Elsewhere, "problemFor">;
};

export class Door {
  private readonly host: SessionHost;
  private readonly clock: Clock;
  private readonly tickets: UsedTickets;
  private readonly elsewhere: Pick<Elsewhere, "problemFor">;
  private arrivals = 0;
  /** When each viewer came, counted in arrivals. */
  private readonly arrivalOf = new WeakMap<Viewer, number>();

  constructor({ host, clock, tickets, elsewhere }: DoorParts) {
    this.host = host;
    this.clock = clock;
    this.tickets = tickets;
    this.elsewhere = elsewhere;
  }

  /**
   * Lets a viewer in, held: the caller tells the other side, then calls `host.enter`, unless the viewer awaits a resume.
   * A ticket is used up only where it opens. All is looked at again after that: while the ticket was looked up the
   * session may have ended or gone elsewhere (where the same ticket opens), the seat or the last place may be gone, and a
   * newer socket may be in.
   */
  async attach(request: AttachRequest): Promise<Result<Admitted>> {
    const arrival = ++this.arrivals;
    let hosted = this.look(request);
    if (hosted?.ok && request.ticket !== null) {
      if (!(await this.tickets.use(request.ticket))) return no(ticketUsed());
      hosted = this.look(request);
      if (!hosted?.ok) await this.tickets.giveBack(request.ticket);
    }
    if (hosted === null) return no(await this.elsewhere.problemFor(request.sessionId));
    if (!hosted.ok) return hosted;
    const current = hosted.value.audience.viewer(request.playerId);
    if (current !== null && (this.arrivalOf.get(current) ?? 0) > arrival) return no(overtaken());
    const viewer = this.letIn(hosted.value, request);
    this.arrivalOf.set(viewer, arrival);
    return ok({ hosted: hosted.value, viewer });
  }

  /** The session, if this viewer may be let into it; null when it is not here. */
  private look(request: AttachRequest): Result<Hosted> | null {
    const hosted = this.host.find(request.sessionId);
    if (hosted === null) return null;
    const { session } = hosted;
    const refusal = isOver(session.status) ? overProblem(session.status) : problemWithView(session, request);
    return refusal === null ? ok(hosted) : no(refusal);
  }

  private letIn(hosted: Hosted, request: AttachRequest): Viewer {
    const { session, audience } = hosted;
    const { outlet, connection, sessionId, playerId, resume, camera } = request;
    const older = audience.viewer(playerId);
    const returns = older !== null || session.roster.seat(playerId)?.connection === "disconnected";
    const nowMs = this.clock.nowMs();
    const awaitsResume = returns && resume === null && camera === null;
    const viewer: Viewer = {
      outlet,
      connection,
      sessionId,
      playerId,
      spectator: camera !== null,
      rttMs: null,
      stage: "held",
      awaitsResume,
      heldUntilMs: nowMs + RESUME_WAIT_MS,
      resume,
      enteredAtFrame: 0,
    };
    if (older !== null) {
      // Replaced, not gone: the seat stays connected throughout.
      older.outlet.close(older, "taken_over");
      audience.remove(older);
    }
    audience.add(viewer);
    if (camera !== null) session.cameras.handleRequest(playerId, camera);
    else this.takeSeat(hosted, playerId);
    this.host.touch(hosted);
    return viewer;
  }

  private takeSeat({ session }: Hosted, playerId: string): void {
    const seat = session.roster.seat(playerId);
    if (seat !== null) session.handleConnect(this.clock.unixMs(), seat);
  }
}

/** Whether this player may have this view of the session, or why not. */
export function problemWithView(
  session: Session,
  request: { playerId: string; trusted: boolean; camera: CameraRequest | null },
): Problem | null {
  const seat = session.roster.seat(request.playerId);
  const sits = seat !== null && seat.connection !== "left";
  if (request.camera === null) {
    if (sits) return null;
    return problem("FORBIDDEN", "You have no seat in this session; join it first", { session_id: session.id });
  }
  return problemWithSpectating(session, { ...request, sits });
}

export function problemWithSpectating(
  session: Session,
  who: { playerId: string; trusted: boolean; sits: boolean },
): Problem | null {
  if (who.sits) return problem("FORBIDDEN", "Who plays in a session cannot watch it", { session_id: session.id });
  if (!who.trusted && (session.settings.isPrivate || !session.settings.allowSpectators)) {
    return problem("FORBIDDEN", "This session is not open to spectators", { session_id: session.id });
  }
  if (session.cameras.count >= SPECTATORS_MAX && !session.cameras.has(who.playerId)) {
    const details = { spectators_max: SPECTATORS_MAX, retry_after_ms: 10_000 };
    return problem("TOO_MANY_SPECTATORS", "This session has all the spectators it can take", details);
  }
  return null;
}

function ticketUsed(): Problem {
  return problem("UNAUTHENTICATED", "This join ticket was used already; join again", { reason: "ticket_used" });
}

/** Two sockets of one player came at once, and the older one's ticket took longer to look up. */
function overtaken(): Problem {
  return problem("INVALID_STATE_TRANSITION", "A newer connection of the same player took over", {
    reason: "taken_over",
  });
}
