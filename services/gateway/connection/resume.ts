/**
 * Resume: how far a connection has come in the numbered frames of its session, as `<epoch>.<frame>`.
 * Law: a cursor is known once an epoch is; frames of the same epoch move it forwards only; a session_state starts it
 *      anew, since it contains everything before.
 * Not here: what was missed (combat keeps that).
 */
import type { Cursor } from "./messages.ts";

const RESUME = /^(0|[1-9]\d{0,9})\.(0|[1-9]\d{0,9})$/;
const UINT32_MAX = 0xffff_ffff;

/** The handshake's `resume` parameter, or null when it is not two whole numbers of 32 bits with a dot between. */
export function parseResume(text: string): Cursor | null {
  const match = RESUME.exec(text);
  if (match === null) return null;
  const epoch = Number(match[1]);
  const frame = Number(match[2]);
  return epoch <= UINT32_MAX && frame <= UINT32_MAX ? { epoch, frame } : null;
}

export class ResumePoint {
  private epoch: number | null;
  private frame: number;

  /** `asked`: where the client said it stopped; a session_state overrules it. */
  constructor(asked: Cursor | null) {
    this.epoch = asked?.epoch ?? null;
    this.frame = asked?.frame ?? 0;
  }

  handleSessionState(epoch: number, frame: number): void {
    this.epoch = epoch;
    this.frame = frame;
  }

  handleFrame(frame: number): void {
    if (frame > this.frame) this.frame = frame;
  }

  /** Number of the newest frame given to this connection. */
  newestFrame(): number {
    return this.frame;
  }

  /** Null until the client was told where it is. */
  cursor(): Cursor | null {
    return this.epoch === null ? null : { epoch: this.epoch, frame: this.frame };
  }
}
