/**
 * Outbox of one connection: two lanes for a reader that does not keep up. Who does has none.
 * In:  frames, and how many bytes the socket still holds.   Out: write it now, or later what was kept.
 * Law: events leave in order and none is left out; of states only the newest per player and of each other part is kept; what is kept is
 *      bounded, and at the bound the reader is given up ("overflow").
 * Cost: decoding is for the slow alone. What it holds at the most: OUTBOX_BYTES_MAX of events, and a row for each player.
 * Why state leaves after the events: what they told is in it, or in a newer one that is merged into it.
 * Times are monotonic.
 * Not here: sockets, encoding of what was merged (codec/encode.ts).
 */
import { OUTBOX_BYTES_MAX, OUTBOX_EVENTS_MAX, SOCKET_BUFFERED_BYTES_MAX } from "../limits.ts";
import type { Format, Frame, PlayerEntry, StateContent } from "./messages.ts";
import { Pace } from "./pace.ts";

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
  private readonly pace = new Pace();

  constructor(format: Format) {
    this.format = format;
  }

  /** Whether something is kept: from the first kept frame until everything is out. */
  isStale(): boolean {
    return this.events.length > 0 || this.hasState();
  }

  /** Nothing is kept, and the reader keeps up again: nobody needs this outbox any more. */
  isDone(): boolean {
    return !this.isStale() && this.pace.isEasy();
  }

  /** When kept state may leave, if the socket has room; infinity for none. */
  dueMs(): number {
    return this.hasState() ? this.pace.dueMs() : Number.POSITIVE_INFINITY;
  }

  handleFrame(frame: Frame, bufferedBytes: number, nowMs: number): OutboxVerdict {
    const isFull = this.look(bufferedBytes, nowMs);
    const isNext = !isFull && this.events.length === 0;
    if (frame.lane === "event") return isNext ? "write" : this.keepEvent(frame);
    if (isNext && !this.hasState() && nowMs >= this.pace.dueMs()) {
      this.pace.handleStateLeft(nowMs);
      return "write";
    }
    const content = frame.state();
    if (content === null) this.latest = frame.framed(this.format);
    else this.state = merged(this.state, content);
    return "kept";
  }

  /** The next thing to write, or null while the socket is full, it is too early, or nothing is kept. */
  poll(bufferedBytes: number, nowMs: number): OutboxItem | null {
    if (this.look(bufferedBytes, nowMs)) return null;
    const event = this.events.shift();
    if (event !== undefined) {
      this.eventBytes -= event.byteLength;
      return { kind: "bytes", bytes: event };
    }
    if (this.latest !== null) {
      const bytes = this.latest;
      this.latest = null;
      return { kind: "bytes", bytes };
    }
    if (this.state === null || nowMs < this.pace.dueMs()) return null;
    const { players, ...content } = this.state;
    this.state = null;
    this.pace.handleStateLeft(nowMs);
    return { kind: "state", content: { ...content, players: [...players.values()] } };
  }

  private hasState(): boolean {
    return this.state !== null || this.latest !== null;
  }

  /** Whether the socket is full. */
  private look(bufferedBytes: number, nowMs: number): boolean {
    const isFull = bufferedBytes >= SOCKET_BUFFERED_BYTES_MAX;
    if (isFull) this.pace.handleFull(nowMs);
    else this.pace.handleRoom(nowMs);
    return isFull;
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
