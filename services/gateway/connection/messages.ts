/**
 * Messages: what passes through a connection, in words of its own. Bytes and generated messages pass through
 * opaquely: codec/ makes and reads them, so that nothing here depends on how they look.
 */

/** Wire formats of a socket. */
export const FORMATS = ["json", "protobuf"] as const;
export type Format = (typeof FORMATS)[number];

/** What a frame is to a slow reader: an event must arrive, in order; of states the newest replaces the older. */
export type Lane = "event" | "state";

export const CAMERA_MODES = ["free", "follow_player", "overview", "cinematic"] as const;
export type CameraMode = (typeof CAMERA_MODES)[number];

/** Where a viewer stands in the numbered frames of a session. */
export type Cursor = { readonly epoch: number; readonly frame: number };

/** One player's newest state; everything but the slot is the codec's. */
export type PlayerEntry = { readonly slot: number };

/** What one or several state frames say, decoded. With `keyframe` they name every player. */
export type StateContent = {
  readonly frame: number;
  readonly unixMs: number;
  readonly tick: number;
  readonly keyframe: boolean;
  readonly players: readonly PlayerEntry[];
  /** What they say besides, by name; the newest of each holds. */
  readonly rest: { readonly [name: string]: unknown };
};

/** One message to clients. Each form is made at most once, however many read it. */
export type Frame = {
  readonly lane: Lane;
  /** Frame number; 0 for what has none. */
  readonly number: number;
  bytes(format: Format): Uint8Array;
  /** As it goes over the socket, with its header. Bytes of its own, that pin no larger buffer. */
  framed(format: Format): Uint8Array;
  /** What a state_update says; null for every other message. */
  state(): StateContent | null;
  /** The epoch that a session_state names; null for every other message. */
  sessionEpoch(): number | null;
};

export const CLIENT_MESSAGE_TYPES = [
  "position_update",
  "combat_action",
  "ping",
  "resume",
  "camera_update",
  "leave",
  "auth_refresh",
] as const;
export type ClientMessageType = (typeof CLIENT_MESSAGE_TYPES)[number];

/** One checked message of a client. */
export type ClientInput = {
  readonly type: ClientMessageType;
  /** Of auth_refresh; null for every other type. */
  readonly token: string | null;
  /** The whole message, as upstream/ sends it on. */
  readonly message: unknown;
};

/** Who is at the other end of a connection, as the handshake established it. */
export type Caller = {
  /** Unique among this process's connections. */
  readonly connection: number;
  readonly sessionId: string;
  readonly playerId: string;
  readonly spectator: boolean;
  readonly format: Format;
  /** The join ticket that opened the door; null for a user's own token. */
  readonly ticket: { readonly id: string; readonly expiresAtUnixMs: number } | null;
  /** When the user's own token runs out. A ticket only opens the door: with one this is null. */
  readonly tokenExpiresAtUnixMs: number | null;
  readonly roles: readonly string[];
  readonly cameraMode: CameraMode | null;
  readonly followTarget: string | null;
  /** Where the client says it stopped. */
  readonly resume: Cursor | null;
};
