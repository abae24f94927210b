/** What the tests of connection/ share: callers, frames without bytes of meaning, and an emptied connection. */
import { Connection, type Output } from "#gateway/connection/connection.ts";
import type { Caller, ClientInput, Format, Frame, Lane, StateContent } from "#gateway/connection/messages.ts";
import { HANDSHAKE_MS_MAX } from "#gateway/limits.ts";

export const SESSION = "11111111-1111-4111-8111-111111111111";
export const ADA = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa";
export const START_UNIX_MS = 1_750_000_000_000;

export function caller(given: Partial<Caller> = {}): Caller {
  return {
    connection: 1,
    sessionId: SESSION,
    playerId: ADA,
    spectator: false,
    format: "json",
    ticket: null,
    tokenExpiresAtUnixMs: null,
    roles: ["player"],
    cameraMode: null,
    followTarget: null,
    resume: null,
    ...given,
  };
}

export function drained(connection: Connection): Output[] {
  const outputs: Output[] = [];
  for (let output = connection.poll(); output !== null; output = connection.poll()) outputs.push(output);
  return outputs;
}

export function kinds(outputs: readonly Output[]): string {
  return outputs.map((output) => (output.kind === "close" ? `close:${output.reason}` : output.kind)).join(" ");
}

export function attaching(given: Partial<Caller> = {}, spread = 0.5): Connection {
  const connection = new Connection(caller(given), {
    nowMs: 0,
    handshakeDueMs: HANDSHAKE_MS_MAX,
    spread,
  });
  drained(connection);
  return connection;
}

export function opened(given: Partial<Caller> = {}, spread?: number): Connection {
  const connection = attaching(given, spread);
  connection.handleAttached(0);
  drained(connection);
  return connection;
}

export function input(type: ClientInput["type"], token: string | null = null): ClientInput {
  return { type, token, message: { type } };
}

export type FrameGiven = {
  readonly lane?: Lane;
  readonly number?: number;
  readonly size?: number;
  readonly state?: StateContent;
};

/** A frame that counts how often each form was made. */
export class CountedFrame implements Frame {
  readonly lane: Lane;
  readonly number: number;
  readonly made: Record<string, number> = {};
  private readonly size: number;
  private readonly content: StateContent | null;
  private readonly forms = new Map<Format, Uint8Array>();

  constructor({ lane = "event", number = 1, size = 1, state }: FrameGiven = {}) {
    this.lane = lane;
    this.number = number;
    this.size = size;
    this.content = state ?? null;
  }

  bytes(format: Format): Uint8Array {
    const known = this.forms.get(format);
    if (known !== undefined) return known;
    this.made[format] = (this.made[format] ?? 0) + 1;
    const bytes = new Uint8Array(this.size).fill(this.number);
    this.forms.set(format, bytes);
    return bytes;
  }

  framed(format: Format): Uint8Array {
    return this.bytes(format);
  }

  state(): StateContent | null {
    this.made["state"] = (this.made["state"] ?? 0) + 1;
    return this.content;
  }

  sessionEpoch(): number | null {
    return null;
  }
}
