/**
 * Entry: what an upgrade request asks for, and whether the one who asks may have it.
 * In:  method, URL and headers; later the verified credential.   Out: an Entry, then a Caller; or the problem. Pure.
 * Law: nothing is guessed: a parameter that is wrong or given twice is refused by name; a subprotocol is echoed only
 *      when it was offered, and a token never.
 * Not here: origins and counts (admission.ts), whether the session exists and has a seat (combat decides).
 */
import type { IncomingHttpHeaders } from "node:http";
import { readBearer } from "#auth/bearer.ts";
import type { Principal } from "#auth/principal.ts";
import type { SocketCredential } from "#auth/verifier.ts";
import { isUuid } from "#kit/uuid.ts";
import { invalid, no, ok, type Problem, problem, type Result } from "#wire/problem.ts";
import { CAMERA_MODES, type Caller, type CameraMode, type Cursor, type Format } from "../connection/messages.ts";
import { parseResume } from "../connection/resume.ts";
import { CLIENT_VERSION_CHARS_MAX, URL_CHARS_MAX } from "../limits.ts";

export type EntryRequest = {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
};

export type Entry = {
  readonly sessionId: string;
  readonly spectator: boolean;
  readonly cameraMode: CameraMode | null;
  readonly followTarget: string | null;
  readonly resume: Cursor | null;
  readonly format: Format;
  readonly token: string;
};

export const SUBPROTOCOLS = { json: "combat.v1.json", protobuf: "combat.v1.protobuf" } as const satisfies Record<
  Format,
  string
>;

const SOCKET_PATH = /^(?:\/api\/v1)?\/ws\/sessions\/([^/]+)(\/spectate)?\/?$/;
const WEBSOCKET_KEY = /^[+/0-9A-Za-z]{22}==$/; // 16 bytes in base64: RFC 6455, section 4.1.
const CLIENT_VERSION = /^[0-9A-Za-z][0-9A-Za-z.+_-]*$/;
const SUBPROTOCOL = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/; // A token of RFC 9110; a JWT is one.
const BEARER_PREFIX = "bearer.";

export function readEntry({ method, url = "", headers }: EntryRequest): Result<Entry> {
  const target = readTarget(url);
  if (!target.ok) return target;
  const why = problemWithUpgrade(method, headers);
  if (why !== null) return no(why);
  const parameters = readParameters(target.value.query);
  if (!parameters.ok) return parameters;
  const offer = readSubprotocols(headers["sec-websocket-protocol"]);
  if (!offer.ok) return offer;
  const { token: queryToken, ...asked } = parameters.value;
  const token = readToken(offer.value.token ?? queryToken, headers.authorization);
  if (!token.ok) return token;
  const { sessionId, spectator } = target.value;
  return ok({ sessionId, spectator, ...asked, format: offer.value.format, token: token.value });
}

/** The one who asks, if the credential is good for this entry. */
export function admitCaller(entry: Entry, credential: SocketCredential): Result<Omit<Caller, "connection">> {
  const { token: _, ...asked } = entry;
  if (credential.kind === "user") {
    const { principal } = credential;
    const why = problemWithPrincipal(principal, entry);
    if (why !== null) return no(why);
    const { playerId, roles, expiresAtUnixMs } = principal;
    return ok({ ...asked, playerId, roles: [...roles], ticket: null, tokenExpiresAtUnixMs: expiresAtUnixMs });
  }
  const { ticketId, sessionId, playerId, role, expiresAtUnixMs } = credential.ticket;
  if (sessionId !== entry.sessionId) return no(forbidden("this ticket is for another session", "session_id"));
  if ((role === "spectator") !== entry.spectator) {
    const place = entry.spectator ? "the spectators' socket" : "the players' socket";
    return no(forbidden(`a ${role}'s ticket does not open ${place}`, "role"));
  }
  const ticket = { id: ticketId, expiresAtUnixMs };
  return ok({ ...asked, playerId, roles: [role], ticket, tokenExpiresAtUnixMs: null });
}

/** Why a user's own token does not open this socket; null when it does. */
export function problemWithPrincipal(
  principal: Principal,
  place: { readonly sessionId: string; readonly spectator: boolean },
): Problem | null {
  if (principal.sessionId !== null && principal.sessionId !== place.sessionId) {
    return forbidden("this token is for another session", "session_id");
  }
  if (!place.spectator && !principal.roles.has("player"))
    return forbidden("only players open the players' socket", "role");
  return null;
}

function forbidden(message: string, field: string): Problem {
  return problem("FORBIDDEN", message, { field });
}

type Target = { readonly sessionId: string; readonly spectator: boolean; readonly query: URLSearchParams };

function readTarget(url: string): Result<Target> {
  const mark = url.indexOf("?");
  const path = mark < 0 ? url : url.slice(0, mark);
  const match = url.length > URL_CHARS_MAX ? null : SOCKET_PATH.exec(path);
  if (match?.[1] === undefined) {
    return no(problem("NOT_FOUND", "sockets are at /ws/sessions/{id} and /ws/sessions/{id}/spectate"));
  }
  if (!isUuid(match[1])) return no(invalid("session_id", match[1], "a canonical lower-case UUID"));
  const query = new URLSearchParams(mark < 0 ? "" : url.slice(mark + 1));
  return ok({ sessionId: match[1], spectator: match[2] !== undefined, query });
}

/** Looked at here and not left to `ws`, so that the answer has our body. */
function problemWithUpgrade(method: string | undefined, headers: IncomingHttpHeaders): Problem | null {
  if (method !== "GET") return problem("METHOD_NOT_ALLOWED", "a socket is opened with GET", { allowed: "GET" });
  if (headers.upgrade?.toLowerCase() !== "websocket") {
    return problem("UPGRADE_REQUIRED", "this is a WebSocket endpoint; send Upgrade: websocket");
  }
  if (headers["sec-websocket-version"] !== "13") {
    return invalid("Sec-WebSocket-Version", headers["sec-websocket-version"], "13");
  }
  if (!WEBSOCKET_KEY.test(headers["sec-websocket-key"] ?? "")) {
    return invalid("Sec-WebSocket-Key", headers["sec-websocket-key"], "16 bytes in base64");
  }
  return null;
}

type Parameters = Pick<Entry, "cameraMode" | "followTarget" | "resume"> & { readonly token: string | null };

/** Parameters of other names are left alone: caches and proxies add them. */
function readParameters(query: URLSearchParams): Result<Parameters> {
  for (const name of ["token", "client_version", "camera_mode", "follow_target", "resume"]) {
    if (query.getAll(name).length > 1) return no(invalid(name, "twice", "given once"));
  }
  const version = query.get("client_version");
  if (version !== null && (version.length > CLIENT_VERSION_CHARS_MAX || !CLIENT_VERSION.test(version))) {
    return no(
      invalid("client_version", version, `a version like 1.0.0, at most ${CLIENT_VERSION_CHARS_MAX} characters`),
    );
  }
  const cameraMode = query.get("camera_mode");
  if (cameraMode !== null && !isCameraMode(cameraMode)) {
    return no(invalid("camera_mode", cameraMode, `one of ${CAMERA_MODES.join(", ")}`));
  }
  const followTarget = query.get("follow_target");
  if (followTarget !== null && !isUuid(followTarget)) {
    return no(invalid("follow_target", followTarget, "a canonical lower-case UUID"));
  }
  const resumeText = query.get("resume");
  const resume = resumeText === null ? null : parseResume(resumeText);
  if (resumeText !== null && resume === null) {
    return no(invalid("resume", resumeText, "<epoch>.<frame>, for example 1.2345"));
  }
  return ok({ token: query.get("token"), cameraMode, followTarget, resume });
}

function isCameraMode(word: string): word is CameraMode {
  return (CAMERA_MODES as readonly string[]).includes(word);
}

type Offer = { readonly format: Format; readonly token: string | null };

/** The first subprotocol that is known; JSON when none was asked for. `bearer.<jwt>` is a token, not a protocol. */
function readSubprotocols(header: string | undefined): Result<Offer> {
  if (header === undefined) return ok({ format: "json", token: null });
  const offered = header.split(",").map((name) => name.trim());
  if (!offered.every((name) => SUBPROTOCOL.test(name)) || new Set(offered).size !== offered.length) {
    return no(invalid("Sec-WebSocket-Protocol", "a list that cannot be read", "names with commas between, each once"));
  }
  const bearer = offered.find((name) => name.startsWith(BEARER_PREFIX));
  const protocols = offered.filter((name) => !name.startsWith(BEARER_PREFIX));
  const token = bearer?.slice(BEARER_PREFIX.length) ?? null;
  const known = protocols.map(formatOf).find((format) => format !== null);
  if (known !== undefined && known !== null) return ok({ format: known, token });
  if (protocols.length === 0) return ok({ format: "json", token });
  const allowed = Object.values(SUBPROTOCOLS).join(" or ");
  return no(invalid("Sec-WebSocket-Protocol", protocols.join(", "), allowed));
}

function formatOf(subprotocol: string): Format | null {
  if (subprotocol === SUBPROTOCOLS.json) return "json";
  return subprotocol === SUBPROTOCOLS.protobuf ? "protobuf" : null;
}

function readToken(given: string | null, authorization: string | undefined): Result<string> {
  if (given !== null && given !== "") return ok(given);
  if (authorization !== undefined) return readBearer(authorization);
  const message = "a token is needed: ?token=<jwt>, Authorization: Bearer <jwt>, or the subprotocol bearer.<jwt>";
  return no(problem("UNAUTHENTICATED", message, { reason: "missing" }));
}
