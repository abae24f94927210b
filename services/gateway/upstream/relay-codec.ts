/**
 * Relay codec: what passes over the Relay stream, between the gateway's words and generated messages.
 * Law: bytes of frames pass through as they are; an item of a kind this version does not know is null, since combat
 *      may be newer.
 */
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import type { ErrorDetail } from "#gen/necpgame/combat/v1/error_pb.js";
import type { ClientMessage } from "#gen/necpgame/combat/v1/realtime_pb.js";
import * as wire from "#gen/necpgame/combat/v1/relay_service_pb.js";
import { CameraMode as WireCameraMode } from "#gen/necpgame/combat/v1/session_pb.js";
import { type Problem, type ProblemDetails, problem, REASONS, type Reason } from "#wire/problem.ts";
import type { CameraMode, Lane } from "../connection/messages.ts";
import type { Attach, Down, Up } from "../connection/relay.ts";

export function encodeRequest(items: readonly Up[]): wire.RelayRequest {
  return create(wire.RelayRequestSchema, { items: items.map(encodeUp) });
}

export function serializeRequest(request: wire.RelayRequest): Buffer {
  const bytes = toBinary(wire.RelayRequestSchema, request);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength); // The same memory: no copy.
}

export function parseResponse(bytes: Buffer): wire.RelayResponse {
  return fromBinary(wire.RelayResponseSchema, bytes);
}

type UpInit = MessageInitShape<typeof wire.RelayUpSchema>;

function encodeUp(item: Up): UpInit {
  switch (item.kind) {
    case "attach":
      return { item: { case: "attach", value: encodeAttach(item) } };
    case "detach":
      return { item: { case: "detach", value: { connection: item.connection } } };
    case "round_trip":
      return { item: { case: "roundTrip", value: { connection: item.connection, ms: item.ms } } };
    case "progress":
      return { item: { case: "progress", value: { items: item.items } } };
    case "input": {
      const message = item.message as ClientMessage; // codec/decode.ts made it; connection/ carried it unopened.
      return { item: { case: "input", value: { connection: item.connection, message } } };
    }
  }
}

const WIRE_CAMERA_MODE = {
  free: WireCameraMode.FREE,
  follow_player: WireCameraMode.FOLLOW_PLAYER,
  overview: WireCameraMode.OVERVIEW,
  cinematic: WireCameraMode.CINEMATIC,
} as const satisfies Record<CameraMode, WireCameraMode>;

function encodeAttach(attach: Attach): MessageInitShape<typeof wire.AttachSchema> {
  const { connection, sessionId, playerId, spectator, ticket, roles, cameraMode, followTarget, resume } = attach;
  return {
    connection,
    sessionId,
    playerId,
    spectator,
    roles: [...roles],
    cameraMode: cameraMode === null ? WireCameraMode.UNSPECIFIED : WIRE_CAMERA_MODE[cameraMode],
    ...(ticket !== null && { ticketId: ticket.id, ticketExpiresAt: ticket.expiresAtUnixMs }),
    ...(followTarget !== null && { followTarget }),
    ...(resume !== null && { resume: { epoch: resume.epoch, frame: resume.frame } }),
  };
}

export function decodeDown({ item }: wire.RelayDown): Down | null {
  switch (item.case) {
    case "attached":
      return { kind: "attached", connection: item.value.connection, room: item.value.room };
    case "refused":
      return { kind: "refused", connection: item.value.connection, problem: problemOfDetail(item.value.error) };
    case "enter":
      return { kind: "enter", connection: item.value.connection, room: item.value.room };
    case "roster": {
      const { room, sessionId, playerIds } = item.value;
      return { kind: "roster", room, sessionId, playerIds };
    }
    case "broadcast": {
      const { room, lane, message } = item.value;
      return { kind: "broadcast", room, lane: decodeLane(lane), bytes: message };
    }
    case "unicast": {
      const { connection, lane, message } = item.value;
      return { kind: "unicast", connection, lane: decodeLane(lane), bytes: message };
    }
    case "close":
      return { kind: "close", connection: item.value.connection, reason: item.value.reason };
    case undefined:
      return null;
  }
}

/** What is not said to be replaceable must arrive. */
function decodeLane(lane: wire.Lane): Lane {
  return lane === wire.Lane.STATE ? "state" : "event";
}

function problemOfDetail(detail: ErrorDetail | undefined): Problem {
  if (detail === undefined || !Object.hasOwn(REASONS, detail.error)) {
    return problem("UNAVAILABLE", detail?.message ?? "the combat service refused without a reason");
  }
  return problem(detail.error as Reason, detail.message, (detail.details ?? {}) as ProblemDetails);
}
