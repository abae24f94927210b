/**
 * Relay: the port to one combat instance. upstream/relay-client.ts speaks it over gRPC.
 * Order: items arrive in the order they were sent, both ways. Atomicity: each item for itself.
 * Loss: with `handleLost` everything in flight is gone, and the other side has forgotten every connection and room.
 */
import type { Problem } from "#wire/problem.ts";
import type { CameraMode, Cursor, Lane } from "./messages.ts";

export type Attach = {
  readonly kind: "attach";
  readonly connection: number;
  readonly sessionId: string;
  readonly playerId: string;
  readonly spectator: boolean;
  readonly ticket: { readonly id: string; readonly expiresAtUnixMs: number } | null;
  readonly roles: readonly string[];
  readonly cameraMode: CameraMode | null;
  readonly followTarget: string | null;
  readonly resume: Cursor | null;
};

export type Up =
  | Attach
  | { readonly kind: "detach"; readonly connection: number }
  | { readonly kind: "round_trip"; readonly connection: number; readonly ms: number }
  /** So many more items were handled. */
  | { readonly kind: "progress"; readonly items: number }
  | {
      readonly kind: "input";
      readonly connection: number;
      /** A newer one of the same connection may take its place while the relay is congested. */
      readonly replaceable: boolean;
      readonly message: unknown;
    };

export type Down =
  | { readonly kind: "attached"; readonly connection: number; readonly room: number }
  | { readonly kind: "refused"; readonly connection: number; readonly problem: Problem }
  | { readonly kind: "enter"; readonly connection: number; readonly room: number }
  | {
      readonly kind: "roster";
      readonly room: number;
      readonly sessionId: string;
      /** By slot; empty where a slot is free. */
      readonly playerIds: readonly string[];
    }
  | { readonly kind: "broadcast"; readonly room: number; readonly lane: Lane; readonly bytes: Uint8Array }
  | { readonly kind: "unicast"; readonly connection: number; readonly lane: Lane; readonly bytes: Uint8Array }
  | { readonly kind: "close"; readonly connection: number; readonly reason: string };

export type RelayListener = {
  /** The relay takes items from now on; it knows no connection yet. */
  handleUp(): void;
  handleLost(): void;
  handleDown(item: Down): void;
};

export type Relay = {
  /** Connects, and again whenever lost, until closed. Called once. */
  open(listener: RelayListener): void;
  /** False when the item will not arrive: the relay is lost, or congested beyond its cap. */
  send(item: Up): boolean;
  isUp(): boolean;
  /** Since when it is opened, or was lost, and is not up; null while it is up, and before it is opened. */
  awaySinceMs(): number | null;
  /** Sends what waits, then ends. */
  close(): Promise<void>;
};

/** Which relay leads to a session. */
export type Route = {
  relayFor(sessionId: string): Relay;
  /** The relay to where an instance said that the session is served; null when no more can be known. */
  relayAt(sessionId: string, address: string): Relay | null;
  /** All relays there are now. */
  relays(): readonly Relay[];
};
