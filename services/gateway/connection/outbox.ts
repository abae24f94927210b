/**
 * Outbox of one connection: two lanes for a reader that does not keep up.
 * In:  frames, and how many bytes the socket still holds.   Out: write it now, or later what was kept.
 * Law: events leave in order and none is left out; of states only the newest per player and of each other part is kept; what is kept is
 *      bounded, and at the bound the reader is given up ("overflow").
 * Cost: a reader that keeps up pays one comparison per frame; decoding is for the slow alone.
 * Why state leaves after the events: it is newer than all of them.
 * Not here: sockets, encoding of what was merged (codec/encode.ts).
 */
import { OUTBOX_BYTES_MAX, OUTBOX_EVENTS_MAX, SOCKET_BUFFERED_BYTES_MAX } from "../limits.ts";
import type { Format, Frame, PlayerEntry, StateContent } from "./messages.ts";

export type OutboxVerdict = "write" | "kept" | "overflow";

/** What a drained reader gets next. */
export type OutboxItem =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "state"; readonly content: StateContent };

export class Outbox {
  private readonly format: Format;
  private events: Uint8Array[] = [];
  private eventBytes = 0;
  private state: MergedState | null = null;
  /** The newest state-lane frame that is no state_update, such as a camera. */
  private latest: Uint8Array | null = null;

  constructor(format: Format) {
    this.format = format;
  }

  /** Whether something is kept: from the first kept frame until everything is out. */
  isStale(): boolean {
    return this.events.length > 0 || this.state !== null || this.latest !== null;
  }

  handleFrame(frame: Frame, bufferedBytes: number): OutboxVerdict {
    if (bufferedBytes < SOCKET_BUFFERED_BYTES_MAX && !this.isStale()) return "write";
    if (frame.lane === "event") return this.keepEvent(frame);
    const content = frame.state();
    if (content === null) this.latest = frame.framed(this.format);
    else this.state = merged(this.state, content);
    return "kept";
  }

  /** The next thing to write, or null while the socket is full or nothing is kept. */
  poll(bufferedBytes: number): OutboxItem | null {
    if (bufferedBytes >= SOCKET_BUFFERED_BYTES_MAX) return null;
    const event = this.events.shift();
    if (event !== undefined) {
      this.eventBytes -= event.byteLength;
      return { kind: "bytes", bytes: event };
    }
    if (this.state !== null) {
      const { players, ...content } = this.state;
      this.state = null;
      return { kind: "state", content: { ...content, players: [...players.values()] } };
    }
    if (this.latest === null) return null;
    const bytes = this.latest;
    this.latest = null;
    return { kind: "bytes", bytes };
  }

  private keepEvent(frame: Frame): OutboxVerdict {
    const bytes = frame.framed(this.format);
    const full = this.events.length >= OUTBOX_EVENTS_MAX || this.eventBytes + bytes.byteLength > OUTBOX_BYTES_MAX;
    if (full) return "overflow";
    this.events.push(bytes);
    this.eventBytes += bytes.byteLength;
    return "kept";
  }
}

type MergedState = Omit<StateContent, "players"> & { readonly players: Map<number, PlayerEntry> };

/** At most one entry per slot, so the session's size bounds it. A keyframe replaces all there was. */
function merged(before: MergedState | null, content: StateContent): MergedState {
  const players = before === null || content.keyframe ? new Map<number, PlayerEntry>() : before.players;
  for (const player of content.players) players.set(player.slot, player);
  const rest = { ...before?.rest, ...content.rest };
  return { ...content, keyframe: content.keyframe || (before?.keyframe ?? false), players, rest };
}
