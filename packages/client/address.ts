/**
 * Address: the URL and subprotocol of one handshake.
 * In:  where the service is, who asks, and where an earlier connection stopped.   Out: a WebSocket URL.
 * The token travels as `?token=`: browsers cannot set headers on a WebSocket.
 */
import type { WireFormat } from "./encode.ts";
import type { CameraMode } from "./session.ts";
import type { Cursor } from "./view.ts";

export type SpectateAs = { readonly cameraMode?: CameraMode; readonly followTarget?: string };

export type Target = {
  /** The gateway, http(s) or ws(s), or the whole `websocket_url` of a join answer. */
  readonly url: string;
  readonly sessionId: string;
  readonly clientVersion: string;
  /** Given: a spectator's socket. */
  readonly spectate?: SpectateAs;
};

export const SUBPROTOCOLS = {
  json: "combat.v1.json",
  protobuf: "combat.v1.protobuf",
} as const satisfies Record<WireFormat, string>;

export function socketUrl(target: Target, token: string, resume: Cursor | null): string {
  const url = new URL(target.url);
  url.protocol = url.protocol.replace("http", "ws");
  if (!url.pathname.includes("/ws/sessions/")) {
    const base = url.pathname.replace(/\/$/, "");
    url.pathname = `${base}/ws/sessions/${target.sessionId}${target.spectate ? "/spectate" : ""}`;
  }
  url.searchParams.set("token", token);
  url.searchParams.set("client_version", target.clientVersion);
  if (target.spectate?.cameraMode) url.searchParams.set("camera_mode", target.spectate.cameraMode);
  if (target.spectate?.followTarget) url.searchParams.set("follow_target", target.spectate.followTarget);
  if (resume) url.searchParams.set("resume", `${resume.epoch}.${resume.frame}`);
  return url.href;
}
