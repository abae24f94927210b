/**
 * Room: the viewers that one session has here.
 * In:  frames of the session.   Out: each frame's bytes, made once per wire format, handed to every viewer.
 * Law: viewers get frames in the order they came; no work is done per viewer that can be done per frame; a format
 *      that cannot be made costs only the viewers of that format.
 * Not here: what a viewer does with the bytes (edge/client-socket.ts). A frame's WebSocket header, the same for all of
 * a format, would be made in `broadcast` too.
 */
import { FORMATS, type Format, type Frame } from "./messages.ts";

export type Viewer = {
  readonly format: Format;
  /** `bytes` is the frame in the viewer's format. Never throws. */
  deliver(frame: Frame, bytes: Uint8Array): void;
};

/** Which format of a frame could not be made, and why. */
export type BroadcastFailure = { readonly format: Format; readonly error: unknown };

export class Room<Member extends Viewer = Viewer> {
  readonly sessionId: string;
  /** By slot; empty where a slot is free. JSON names players by it. */
  playerIds: readonly string[] = [];
  private readonly members: { readonly [format in Format]: Set<Member> } = { json: new Set(), protobuf: new Set() };

  constructor(sessionId: string) {
    this.sessionId = sessionId;
  }

  enter(member: Member): void {
    this.members[member.format].add(member);
  }

  leave(member: Member): void {
    this.members[member.format].delete(member);
  }

  count(): number {
    return this.members.json.size + this.members.protobuf.size;
  }

  membersOf(format: Format): readonly Member[] {
    return [...this.members[format]];
  }

  broadcast(frame: Frame): BroadcastFailure | null {
    let failure: BroadcastFailure | null = null;
    for (const format of FORMATS) {
      const members = this.members[format];
      if (members.size === 0) continue;
      let bytes: Uint8Array;
      try {
        bytes = frame.bytes(format);
      } catch (error) {
        failure = { format, error };
        continue;
      }
      for (const member of members) member.deliver(frame, bytes);
    }
    return failure;
  }
}
