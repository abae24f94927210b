/**
 * Room: the viewers that one session has here.
 * In:  frames of the session.   Out: each frame's bytes, made once per wire format, handed to every viewer.
 * Law: viewers get frames in the order they came; no work is done per viewer that can be done per frame; a format
 *      that cannot be made costs only the viewers of that format.
 * Players come first, at once. A crowd of spectators is served in slices, one each turn of the event loop, so that what players
 * send in the meantime waits for a slice and not for the crowd; nobody enters or leaves in between, and what is for one alone
 * has its place among the frames.
 * Not here: what a viewer does with the bytes (edge/client-socket.ts).
 */
import { ROOM_BACKLOG_FRAMES_MAX, ROOM_SLICE_VIEWERS } from "../limits.ts";
import { FORMATS, type Format, type Frame } from "./messages.ts";

export type Viewer = {
  readonly format: Format;
  readonly isSpectator: boolean;
  /** `bytes` is the frame in the viewer's format, as it goes over the socket. Never throws. */
  deliver(frame: Frame, bytes: Uint8Array): void;
};

/** Which format of a frame could not be made, and why. */
export type BroadcastFailure = { readonly format: Format; readonly error: unknown };

type Members<Member> = { readonly [format in Format]: Set<Member> };

/** A frame on its way through the spectators of a format. */
type Serving<Member> = { readonly frame: Frame; readonly bytes: Uint8Array; readonly left: IterableIterator<Member> };

export class Room<Member extends Viewer = Viewer> {
  readonly sessionId: string;
  /** By slot; empty where a slot is free. JSON names players by it. */
  playerIds: readonly string[] = [];
  private readonly players: Members<Member> = { json: new Set(), protobuf: new Set() };
  private readonly spectators: Members<Member> = { json: new Set(), protobuf: new Set() };
  private readonly backlog: Serving<Member>[] = [];
  private isServing = false;
  private isPlanned = false;
  /** Has something done in a later turn of the event loop. */
  private readonly later: (work: () => void) => void;

  constructor(sessionId: string, later: (work: () => void) => void) {
    this.sessionId = sessionId;
    this.later = later;
  }

  enter(member: Member): void {
    this.catchUp();
    this.sideOf(member)[member.format].add(member);
  }

  leave(member: Member): void {
    this.catchUp();
    this.sideOf(member)[member.format].delete(member);
  }

  count(): number {
    return FORMATS.reduce((sum, format) => sum + this.players[format].size + this.spectators[format].size, 0);
  }

  membersOf(format: Format): readonly Member[] {
    return [...this.players[format], ...this.spectators[format]];
  }

  broadcast(frame: Frame): BroadcastFailure | null {
    let failure: BroadcastFailure | null = null;
    for (const format of FORMATS) {
      const [players, spectators] = [this.players[format], this.spectators[format]];
      if (players.size + spectators.size === 0) continue;
      try {
        const bytes = frame.framed(format);
        for (const player of players) player.deliver(frame, bytes);
        if (spectators.size > 0) this.backlog.push({ frame, bytes, left: spectators.values() });
      } catch (error) {
        failure = { format, error };
      }
    }
    this.serveSlice();
    return failure;
  }

  /** What is for one alone, after what was broadcast before. */
  unicast(member: Member, frame: Frame): void {
    const bytes = frame.framed(member.format);
    if (this.backlog.length === 0 || !member.isSpectator) member.deliver(frame, bytes);
    else this.backlog.push({ frame, bytes, left: [member].values() });
  }

  /** Everybody has all that was broadcast; but who leaves because a frame was too much gets no more. */
  catchUp(): void {
    if (!this.isServing) this.serve(Number.POSITIVE_INFINITY);
  }

  private serveSlice(): void {
    this.serve(this.backlog.length > ROOM_BACKLOG_FRAMES_MAX ? Number.POSITIVE_INFINITY : ROOM_SLICE_VIEWERS);
    if (this.backlog.length === 0 || this.isPlanned) return;
    this.isPlanned = true;
    this.later(() => {
      this.isPlanned = false;
      this.serveSlice();
    });
  }

  private serve(viewers: number): void {
    this.isServing = true;
    try {
      for (let served = 0, first = this.backlog[0]; first !== undefined && served < viewers; ) {
        const { value: viewer, done } = first.left.next();
        if (done) {
          this.backlog.shift();
          first = this.backlog[0];
        } else {
          viewer.deliver(first.frame, first.bytes);
          served += 1;
        }
      }
    } finally {
      this.isServing = false;
    }
  }

  private sideOf({ isSpectator }: Member): Members<Member> {
    return isSpectator ? this.spectators : this.players;
  }
}
