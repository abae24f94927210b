/**
 * Heartbeat of one connection: when to ping, and when silence means the peer is gone. A half-open TCP peer shows no
 * error, so this decides.
 * Law: anything heard is a sign of life; a peer is gone when two pings in a row, each with a whole pause to answer,
 *      brought nothing. So a gateway that stood still itself asks first and blames nobody.
 * Why `phase`: clients that come back all at once must not be pinged all at once for ever after.
 */
import { HEARTBEAT_MS, HEARTBEATS_MISSED_MAX } from "../limits.ts";

export class Heartbeat {
  private pingMs: number;
  private unansweredCount = 0;
  /** When the ping that has no pong yet was sent. */
  private sentMs: number | null = null;
  private roundTrip: number | null = null;

  /** `phase`: 0 to 1, where in the first pause the first ping falls. */
  constructor(nowMs: number, phase: number) {
    this.pingMs = nowMs + phase * HEARTBEAT_MS;
  }

  handleHeard(): void {
    this.unansweredCount = 0;
  }

  poll(nowMs: number): "ping" | "dead" | null {
    if (nowMs < this.pingMs) return null;
    if (this.unansweredCount >= HEARTBEATS_MISSED_MAX) return "dead";
    this.unansweredCount += 1;
    this.pingMs = nowMs + HEARTBEAT_MS;
    this.sentMs = nowMs;
    return "ping";
  }

  /** A ping out of turn, to know the round trip from the start. */
  handleProbe(nowMs: number): void {
    this.sentMs = nowMs;
  }

  /** True when it answers a ping: then the round trip is known anew. */
  handlePong(nowMs: number): boolean {
    if (this.sentMs === null) return false;
    const measured = nowMs - this.sentMs;
    this.sentMs = null;
    this.handleHeard();
    this.roundTrip = this.roundTrip === null ? measured : (this.roundTrip + measured) / 2;
    return true;
  }

  /** Half of it is the newest measurement; null before the first. */
  roundTripMs(): number | null {
    return this.roundTrip;
  }

  dueMs(): number {
    return this.pingMs;
  }
}
