/**
 * Watcher: one player's or spectator's socket through the SDK, which comes back and resumes by itself; notes what it saw.
 * In:  who and which session.   Out: a Sight of the book, filled as frames come.
 */
import { WebSocket } from "ws";
import { CombatSocket, type WebSocketConstructor, type WireFormat } from "#client/index.ts";
import type { Arena } from "./arena.ts";
import type { Sight } from "./book.ts";
import type { Front } from "./caller.ts";
import type { Chance } from "./chance.ts";

/** Faults last up to a minute: the client must outlast them. */
const BACKOFF = { baseMs: 100, ceilingMs: 800 } as const;
const ATTEMPTS_MAX = 1_000;

/** Every socket that was opened and not closed; the SDK gives no way to break one off from outside. */
const open = new WeakMap<Sight, Set<WebSocket>>();

export type Watcher = { readonly sight: Sight; readonly socket: CombatSocket };

export type WatcherOptions = {
  readonly arena: Arena;
  readonly front: Front;
  readonly chance: Chance;
  readonly sessionId: string;
  readonly playerId: string;
  readonly spectates: boolean;
  readonly format: WireFormat;
  readonly name: string;
};

export function watch(options: WatcherOptions): Watcher {
  const { arena, front, sessionId, playerId, spectates } = options;
  const sight: Sight = {
    viewer: options.name,
    playerId,
    spectates,
    seen: [],
    lastSeq: 0,
    lastFrame: { frame: 0, atMs: performance.now() },
    messageCount: 0,
  };
  const sockets = new Set<WebSocket>();
  open.set(sight, sockets);
  class Tracked extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols);
      sockets.add(this);
      this.on("close", () => sockets.delete(this));
    }
  }
  const socket = new CombatSocket({
    get url() {
      return front.url;
    },
    sessionId,
    tokenProvider: () => arena.token(playerId, spectates ? "spectator" : "player"),
    format: options.format,
    ...(spectates ? { spectate: { cameraMode: "overview" as const } } : {}),
    webSocket: Tracked as unknown as WebSocketConstructor,
    random: options.chance.fraction,
    backoff: BACKOFF,
    attemptsMax: ATTEMPTS_MAX,
    onMessage: (message) => {
      sight.messageCount += 1;
      if (message.type === "combat_event") {
        sight.seen.push({ kind: "event", event: message });
        sight.lastSeq = message.seq;
      } else if (message.type === "session_state") {
        sight.seen.push({ kind: "state", state: message });
        sight.lastSeq = message.last_seq;
      } else if (message.type !== "state_update") return;
      sight.lastFrame = { frame: message.frame, atMs: performance.now() };
    },
    onGap: (gap) => sight.seen.push({ kind: "gap", ...gap }),
    onUndecodable: (detail) => sight.seen.push({ kind: "down", code: -1, reason: `undecodable: ${detail}` }),
    onDown: ({ code, reason }) => sight.seen.push({ kind: "down", code, reason }),
  });
  return { sight, socket };
}

/** Breaks the connection off as a network does; the client comes back by itself. */
export function breakOff({ sight }: Watcher): void {
  for (const socket of open.get(sight) ?? []) socket.terminate();
}
