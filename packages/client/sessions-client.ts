/**
 * Sessions client: the public REST routes of matches, with fetch.
 * In:  plain requests.   Out: the answer, or the service's refusal as a value; never throws for what a server or a
 *      network does.
 * Law: a refusal with status 0 never reached an answer (network, deadline): its outcome is unknown, and the same call
 *      with the same idempotency key is safe.
 * Not here: the socket (combat-socket.ts).
 */
import { REST_MS_MAX } from "./limits.ts";
import type { CameraMode, CombatSession, GameMode, SessionParticipant, SessionStatus, Vec3 } from "./session.ts";

/** The service's own words, or UNAVAILABLE / DEADLINE_EXCEEDED with status 0 when there was no answer. */
export type Refusal = {
  /** Stable code, for example SESSION_NOT_FOUND. */
  readonly error: string;
  readonly message: string;
  readonly details: Record<string, unknown>;
  readonly status: number;
  /** When asking again makes sense; null when the service did not say. */
  readonly retryAfterMs: number | null;
};

export type Answer<T> =
  | { readonly ok: true; readonly value: T /** Version of a session, for `ifMatch`. */; readonly etag: string | null }
  | { readonly ok: false; readonly refusal: Refusal };

export type SessionsClientOptions = {
  /** The gateway, for example http://localhost:8080. */
  url: string;
  token: string | (() => string | Promise<string>);
  fetch?: typeof fetch;
  deadlineMs?: number;
};

export type CreateSession = {
  game_mode: GameMode;
  participants?: { player_id: string; team_id?: string }[];
  max_rounds?: number;
  time_limit_minutes?: number;
  map_id?: string;
  allow_spectators?: boolean;
  is_private?: boolean;
  tick_rate_hz?: number;
  max_players?: number;
  auto_start?: boolean;
  reconnect_grace_seconds?: number;
  respawn_seconds?: number;
  score_limit?: number;
  friendly_fire?: boolean;
  seed?: number;
};

export type UpdateSession = {
  status?: SessionStatus;
  current_round?: number;
  max_rounds?: number;
  time_limit_minutes?: number;
  allow_spectators?: boolean;
};

export type Joined = {
  session_id: string;
  player_id: string;
  assigned_team_id: string;
  websocket_url: string;
  start_position?: Vec3;
  initial_health: number;
  /** Ticket for the socket: 60 s, once. */
  auth_token: string;
};

export type Spectating = {
  session_id: string;
  spectator_id: string;
  websocket_url: string;
  initial_camera_position?: Vec3;
  available_camera_modes: CameraMode[];
  session_participants: SessionParticipant[];
  auth_token: string;
};

type Once = { idempotencyKey?: string };

export class SessionsClient {
  private readonly options: SessionsClientOptions;
  private readonly base: string;

  constructor(options: SessionsClientOptions) {
    this.options = options;
    this.base = options.url.replace(/^ws/, "http").replace(/\/$/, "");
  }

  create(session: CreateSession, once: Once = {}): Promise<Answer<CombatSession>> {
    return this.call({ verb: "POST", path: "/sessions", body: session, ...once });
  }

  get(sessionId: string): Promise<Answer<CombatSession>> {
    return this.call({ verb: "GET", path: pathOf(sessionId) });
  }

  /** `ifMatch`: the etag that the change is based on. */
  update(sessionId: string, changes: UpdateSession, ifMatch?: string): Promise<Answer<CombatSession>> {
    return this.call({ verb: "PUT", path: pathOf(sessionId), body: changes, ifMatch });
  }

  end(sessionId: string, once: Once = {}): Promise<Answer<null>> {
    return this.call({ verb: "DELETE", path: pathOf(sessionId), ...once });
  }

  join(sessionId: string, seat: { player_id?: string; team_id?: string } = {}, once: Once = {}) {
    return this.call<Joined>({ verb: "POST", path: `${pathOf(sessionId)}/join`, body: seat, ...once });
  }

  leave(sessionId: string): Promise<Answer<{ success: boolean; message: string }>> {
    return this.call({ verb: "POST", path: `${pathOf(sessionId)}/leave`, body: {} });
  }

  spectate(
    sessionId: string,
    wish: { player_id?: string; preferred_camera_mode?: CameraMode; follow_target_id?: string } = {},
  ): Promise<Answer<Spectating>> {
    return this.call({ verb: "POST", path: `${pathOf(sessionId)}/spectate`, body: wish });
  }

  private async call<T>(request: Call): Promise<Answer<T>> {
    try {
      const response = await (this.options.fetch ?? fetch)(this.base + request.path, await this.fetchOptions(request));
      const text = await response.text();
      if (!response.ok) return { ok: false, refusal: refusalOf(response, text) };
      const value = text === "" ? null : parsedObject(text);
      if (value && Object.keys(value).length === 0) return { ok: false, refusal: refusalOf(response, text) };
      return { ok: true, value: value as T, etag: response.headers.get("etag") };
    } catch (error) {
      return { ok: false, refusal: withoutAnswer(error) };
    }
  }

  private async fetchOptions({ verb, body, ifMatch, idempotencyKey }: Call): Promise<RequestInit> {
    const { token, deadlineMs } = this.options;
    const headers: Record<string, string> = {
      authorization: `Bearer ${typeof token === "string" ? token : await token()}`,
      ...(body !== undefined && { "content-type": "application/json" }),
      ...(ifMatch !== undefined && { "if-match": ifMatch }),
      ...(idempotencyKey !== undefined && { "idempotency-key": idempotencyKey }),
    };
    const signal = AbortSignal.timeout(deadlineMs ?? REST_MS_MAX);
    return { method: verb, headers, signal, ...(body !== undefined && { body: JSON.stringify(body) }) };
  }
}

type Call = {
  verb: "GET" | "POST" | "PUT" | "DELETE";
  path: string;
  body?: object;
  ifMatch?: string | undefined;
  idempotencyKey?: string;
};

function pathOf(sessionId: string): string {
  return `/sessions/${encodeURIComponent(sessionId)}`;
}

function refusalOf(response: Response, text: string): Refusal {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  const said = parsedObject(text);
  const details = said["details"];
  return {
    error: typeof said["error"] === "string" ? said["error"] : `HTTP_${response.status}`,
    message: typeof said["message"] === "string" ? said["message"] : response.statusText,
    details: typeof details === "object" && details !== null ? (details as Record<string, unknown>) : {},
    status: response.status,
    retryAfterMs: Number.isFinite(seconds) ? seconds * 1000 : null,
  };
}

/** Empty when the answer is no JSON object, as from a proxy in between. */
function parsedObject(text: string): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === "object" && json !== null ? (json as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function withoutAnswer(error: unknown): Refusal {
  const late = error instanceof DOMException && error.name === "TimeoutError";
  return {
    error: late ? "DEADLINE_EXCEEDED" : "UNAVAILABLE",
    message: late ? "no answer in time" : `no answer: ${String(error)}`,
    details: {},
    status: 0,
    retryAfterMs: null,
  };
}
