/** Calls by which players and spectators come and go. */
import { randomUUID } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import type { Issuer } from "#auth/issuer.ts";
import { actsForOthers } from "#auth/principal.ts";
import {
  JoinSessionResponseSchema,
  LeaveSessionResponseSchema,
  SpectateSessionResponseSchema,
} from "#gen/necpgame/combat/v1/session_service_pb.js";
import type { Clock } from "#kit/clock.ts";
import { no, ProblemError, problem, type Result } from "#wire/problem.ts";
import { type PlayerService, type Profile, profileOf, UNKNOWN_PLAYER } from "../related/player.ts";
import { CAMERA_MODES } from "../session/cameras.ts";
import { type Change, planConfirm, planLeave, planSeat } from "../session/changes.ts";
import { problemWithSpectating } from "../session/door.ts";
import type { Hosted } from "../session/hosted.ts";
import { recordOf } from "../session/record.ts";
import type { Seat } from "../session/roster.ts";
import * as access from "./access.ts";
import { cameraRequest, refusal, uuid } from "./decode.ts";
import { idempotencyKey } from "./decode-create.ts";
import type { Desk } from "./desk.ts";
import { metres, participant } from "./encode-session.ts";
import type { UnaryHandlers } from "./handlers.ts";
import { CAMERA_MODE } from "./words.ts";

export type ParticipationParts = {
  desk: Desk;
  issuer: Issuer;
  players: PlayerService;
  clock: Clock;
  /** Where clients open sockets, for example ws://localhost:8080. */
  gatewayPublicUrl: string;
};

type SeatAsked = { playerId: string; teamId: string | null; key: string | null; profile: Profile };

export function participationCalls(
  parts: ParticipationParts,
): Pick<UnaryHandlers, "joinSession" | "leaveSession" | "spectateSession"> {
  const { desk, issuer, players, clock, gatewayPublicUrl } = parts;
  return {
    async joinSession(request, { principal }) {
      access.requirePlayer(principal);
      const playerId = access.playerOf(principal, "player_id", request.playerId);
      const teamId = request.teamId === undefined ? null : uuid("team_id", request.teamId);
      const key = idempotencyKey(request.idempotencyKey);
      const hosted = await desk.hosted(principal, request.sessionId);
      const { session } = hosted;
      access.requireInvitation(principal, session.settings.isPrivate, session.roster.seat(playerId) !== null);
      const asked = { playerId, teamId, key };
      // Who has a seat needs no new one, unless it is being given up just now.
      const isSeated = sits(session.roster.seat(playerId)) && hosted.changesWaiting === 0;
      const profile = isSeated ? UNKNOWN_PLAYER : await profileOf(players, playerId);
      const seat = await desk.change(hosted, () => planJoin(hosted, { ...asked, profile }, clock.unixMs()));
      const fighter = session.fighter(seat);
      return create(JoinSessionResponseSchema, {
        sessionId: session.id,
        playerId,
        assignedTeamId: seat.teamId,
        websocketUrl: `${gatewayPublicUrl}/ws/sessions/${session.id}`,
        startPosition: metres(fighter?.position ?? { x: 0, y: 0, z: 0 }),
        initialHealth: (fighter?.health ?? 0) / 100,
        authToken: await issuer.ticket({ sessionId: session.id, playerId, role: "player" }),
      });
    },

    async leaveSession(request, { principal }) {
      const playerId = access.playerOf(principal, "player_id", request.playerId);
      const hosted = await desk.hosted(principal, request.sessionId);
      const viewer = hosted.audience.viewer(playerId);
      if (viewer?.spectator !== true) await desk.change(hosted, () => planLeave(hosted.session, playerId));
      if (viewer !== null) desk.host.close(hosted, viewer, "done");
      const message = `Player '${playerId}' has left the session`;
      return create(LeaveSessionResponseSchema, { success: true, message });
    },

    async spectateSession(request, { principal }) {
      const playerId = access.playerOf(principal, "player_id", request.playerId);
      const camera = cameraRequest(request.preferredCameraMode ?? CAMERA_MODE.free, request.followTargetId);
      const { session } = await desk.hosted(principal, request.sessionId);
      const seated = sits(session.roster.seat(playerId));
      const refused = problemWithSpectating(session, { playerId, trusted: actsForOthers(principal), sits: seated });
      if (refused !== null) throw new ProblemError(refused);
      return create(SpectateSessionResponseSchema, {
        sessionId: session.id,
        spectatorId: playerId,
        websocketUrl: `${gatewayPublicUrl}/ws/sessions/${session.id}/spectate`,
        initialCameraPosition: metres(session.cameras.compose(camera).position),
        availableCameraModes: CAMERA_MODES.map((mode) => CAMERA_MODE[mode]),
        sessionParticipants: recordOf(session).participants.map(participant),
        authToken: await issuer.ticket({ sessionId: session.id, playerId, role: "spectator" }),
      });
    },
  };
}

function sits(seat: Seat | null): boolean {
  return seat !== null && seat.connection !== "left";
}

/** A new seat, or the one the roster gave; the same key again is the same join. */
function planJoin({ session }: Hosted, asked: SeatAsked, unixMs: number): Result<Change<Seat>> {
  const { playerId, teamId, key } = asked;
  const seat = session.roster.seat(playerId);
  if (seat === null || !sits(seat)) {
    return planSeat(session, { ...asked, listed: false, newTeamId: randomUUID(), unixMs });
  }
  if (seat.confirmed && (key === null || key !== seat.joinKey)) {
    const details = { player_id: playerId, team_id: seat.teamId };
    return no(problem("ALREADY_JOINED", `Player '${playerId}' has a seat already`, details));
  }
  if (teamId !== null && teamId !== seat.teamId && session.settings.gameMode !== "deathmatch") {
    return no(refusal("team_id", teamId, `${seat.teamId}, as the roster says`).problem);
  }
  return planConfirm(session, seat, key);
}
