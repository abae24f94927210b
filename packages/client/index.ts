/** The client SDK: everything a game client, a spectator or a tool needs of it. */
export {
  type AbilityAim,
  type Attack,
  type CameraWish,
  CombatSocket,
  type CombatSocketOptions,
  connect,
  type Move,
  type TokenOccasion,
} from "./combat-socket.ts";
export { type Decoded, Decoder } from "./decode.ts";
export { encode, type WireFormat } from "./encode.ts";
export { addPose, type Pose, poseAt, type TimedPose } from "./interpolate.ts";
export type { Down, LinkState, WebSocketConstructor, WebSocketLike } from "./link.ts";
export type * from "./messages.ts";
export type * from "./session.ts";
export {
  type Answer,
  type CreateSession,
  type Joined,
  type Refusal,
  SessionsClient,
  type SessionsClientOptions,
  type Spectating,
  type UpdateSession,
} from "./sessions-client.ts";
export { type Cursor, type PlayerView, SessionView, type Taken } from "./view.ts";
