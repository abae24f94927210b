/**
 * Bad input over REST: whatever is wrong is answered by status, code and field, and changes nothing.
 * A row is one request; the test asserts the answer and that the session and the list of sessions are as before.
 * The other doors: bad-input-grpc.test.ts, bad-input-socket.test.ts; too fast: bad-input-rate.test.ts.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { refusalOf, restCaller, type Verb } from "#support/rest.ts";
import { openScene, type Place, type Scene, type Who } from "#support/scene.ts";
import { type System, startSystem } from "#support/system.ts";

let system: System;
let scene: Scene;
beforeAll(async () => {
  system = await startSystem({ env: { COMBAT_CALLS_PER_SECOND: "10000", GATEWAY_REQUESTS_PER_PLAYER: "100000" } });
  scene = await openScene(system);
});
afterAll(() => system?.stop());

type Row = {
  readonly what: string;
  readonly ask: `${Verb} /${string}`;
  /** JSON text; {id}, {alice} and so on are filled in. */
  readonly body?: string;
  readonly headers?: Record<string, string>;
  readonly who?: Who;
  readonly place?: Place;
  readonly status: number;
  readonly error: string;
  /** What `details.field` names. */
  readonly field?: string;
};

const SESSION = "/sessions/{id}";

/** 400 INVALID_ARGUMENT, naming the field. */
function wrong(what: string, ask: Row["ask"], body: string, field: string, who: Who = "alice"): Row {
  return { what, ask, body, field, who, status: 400, error: "INVALID_ARGUMENT" };
}

const creating = (what: string, fields: string, field: string) =>
  wrong(what, "POST /sessions", `{"game_mode":"deathmatch",${fields}}`, field);
const moving = (what: string, position: string, field: string) =>
  wrong(what, `POST ${SESSION}/positions`, `{"position":${position}}`, field);
const hurting = (what: string, fields: string, field: string) =>
  wrong(what, `POST ${SESSION}/damage`, `{"target_id":"{bob}",${fields}}`, field, "service");

const roster = (count: number) =>
  Array.from(
    { length: count },
    (_, index) => `{"player_id":"00000000-0000-4000-8000-${`${index}`.padStart(12, "0")}"}`,
  );

const WRONG_TYPE: Row[] = [
  creating("a text where a number belongs", '"max_rounds":"10"', "max_rounds"),
  creating("a fraction where a whole number belongs", '"max_rounds":1.5', "max_rounds"),
  creating("an object where an array belongs", '"participants":{}', "participants"),
  creating("a number where an object belongs", '"participants":[5]', "participants[0]"),
  creating("a number where truth belongs", '"is_private":1', "is_private"),
  wrong("a boolean where a round belongs", `PUT ${SESSION}`, '{"current_round":true}', "current_round"),
  wrong("a number where a player belongs", `POST ${SESSION}/join`, '{"player_id":5}', "player_id"),
  moving("a text where a coordinate belongs", '{"x":"1","y":2,"z":3}', "position.x"),
  moving("an array where a position belongs", "[1,2,3]", "position"),
  wrong("an array for a body", "POST /sessions", "[]", "body"),
  wrong("a text for a body", "POST /sessions", '"deathmatch"', "body"),
  wrong("no JSON", "POST /sessions", "{game_mode:deathmatch}", "body"),
  wrong("half a JSON", "POST /sessions", '{"game_mode":', "body"),
];

const MISSING_AND_UNKNOWN: Row[] = [
  wrong("no game mode", "POST /sessions", '{"max_rounds":10}', "game_mode"),
  wrong("no body at all", "POST /sessions", "", "game_mode"),
  wrong("no position", `POST ${SESSION}/positions`, "{}", "position"),
  wrong("no action type", `POST ${SESSION}/actions`, '{"weapon":"shotgun"}', "action_type"),
  wrong("an attack whereto nobody knows", `POST ${SESSION}/actions`, '{"action_type":"attack"}', "direction"),
  hurting("damage without an amount", '"damage_type":"bullet"', "damage"),
  hurting("damage of no kind", '"damage":5', "damage_type"),
  wrong("damage to nobody", `POST ${SESSION}/damage`, '{"damage":5}', "target_id", "service"),
  creating("a player without an id", '"participants":[{}]', "participants[0].player_id"),
  wrong("an unknown game mode", "POST /sessions", '{"game_mode":"battle_royale"}', "game_mode"),
  wrong("a game mode in capitals", "POST /sessions", '{"game_mode":"GAME_MODE_DEATHMATCH"}', "game_mode"),
  wrong("a game mode by number", "POST /sessions", '{"game_mode":1}', "game_mode"),
  wrong(
    "a map that lacks the mode",
    "POST /sessions",
    '{"game_mode":"domination","map_id":"container_yard"}',
    "map_id",
  ),
  wrong(
    "a score limit where no score wins",
    "POST /sessions",
    '{"game_mode":"elimination","score_limit":3}',
    "score_limit",
  ),
  wrong(
    "a rule of the mode beyond its bounds",
    "POST /sessions",
    '{"game_mode":"domination","mode_rules":{"zone_capture_seconds":0}}',
    "mode_rules.zone_capture_seconds",
  ),
  creating("an unknown map", '"map_id":"atlantis"', "map_id"),
  creating("a map of JavaScript's own", '"map_id":"__proto__"', "map_id"),
  wrong("an unknown status", `PUT ${SESSION}`, '{"status":"flying"}', "status"),
  wrong("an unknown camera", `POST ${SESSION}/spectate`, '{"preferred_camera_mode":"drone"}', "preferred_camera_mode"),
  wrong("an unknown action", `POST ${SESSION}/actions`, '{"action_type":"dance"}', "action_type"),
  wrong(
    "an unknown weapon",
    `POST ${SESSION}/actions`,
    '{"action_type":"switch_weapon","weapon":"constructor"}',
    "weapon",
  ),
  hurting("an unknown kind of damage", '"damage":5,"damage_type":"magic"', "damage_type"),
  wrong("an unknown filter", "GET /sessions?status=flying", "", "status"),
  wrong("an unknown parameter", "GET /sessions?colour=red", "", "colour"),
  wrong("a page token of one's own", "GET /sessions?page_token=abc", "", "page_token"),
  wrong("a field that one may not set: health", `PUT ${SESSION}`, '{"health":100}', "health"),
  creating("a field that one may not set: host", '"host_player_id":"{bob}"', "host_player_id"),
  creating("a field that players may not set: seed", '"seed":1', "seed"),
];

const OUT_OF_BOUNDS: Row[] = [
  creating("more rounds than there may be", '"max_rounds":21', "max_rounds"),
  creating("no rounds", '"max_rounds":0', "max_rounds"),
  creating("negative rounds", '"max_rounds":-1', "max_rounds"),
  creating("a round more than 32 bits", '"max_rounds":4294967296', "max_rounds"),
  creating("too short a match", '"time_limit_minutes":4', "time_limit_minutes"),
  creating("too long a match", '"time_limit_minutes":61', "time_limit_minutes"),
  creating("too fast a simulation", '"tick_rate_hz":129', "tick_rate_hz"),
  creating("one seat", '"max_players":1', "max_players"),
  creating("51 seats", '"max_players":51', "max_players"),
  creating("51 players", `"participants":[${roster(51)}]`, "participants"),
  creating("300 players", `"participants":[${roster(300)}]`, "participants"),
  creating(
    "a player twice",
    '"participants":[{"player_id":"{bob}"},{"player_id":"{bob}"}]',
    "participants[1].player_id",
  ),
  creating("a respawn after a minute", '"respawn_seconds":60.5', "respawn_seconds"),
  wrong("a round beyond the last", `PUT ${SESSION}`, '{"current_round":11}', "current_round"),
  wrong(
    "a pause with a round beyond the last",
    `PUT ${SESSION}`,
    '{"status":"paused","current_round":11}',
    "current_round",
  ),
  wrong("round 0", `PUT ${SESSION}`, '{"current_round":0}', "current_round"),
  wrong("a page of 101", "GET /sessions?page_size=101", "", "page_size"),
  moving("a place beyond any map", '{"x":10001,"y":0,"z":0}', "x"),
  hurting("too much damage", '"damage":1001', "damage"),
  hurting("no damage", '"damage":0,"damage_type":"bullet"', "damage"),
  hurting("damage that heals", '"damage":-5', "damage"),
  hurting("an empty key", '"damage":5,"damage_type":"bullet","idempotency_key":""', "idempotency_key"),
];

const NO_NUMBERS: Row[] = [
  moving("1e400", '{"x":1e400,"y":0,"z":0}', "position.x"),
  moving("-1e400", '{"x":0,"y":-1e400,"z":0}', "position.y"),
  moving("1e308", '{"x":0,"y":0,"z":1e308}', "z"),
  moving("NaN as it is in JavaScript", '{"x":NaN,"y":0,"z":0}', "body"),
  moving("NaN as a text", '{"x":"NaN","y":0,"z":0}', "position.x"),
  moving("Infinity as a text", '{"x":0,"y":"Infinity","z":0}', "position.y"),
  hurting("damage of 1e400", '"damage":1e400', "damage"),
  creating("rounds of 1e400", '"max_rounds":1e400', "max_rounds"),
];

const STRANGE_JSON: Row[] = [
  wrong("10,000 levels", "POST /sessions", `${"[".repeat(10_000)}${"]".repeat(10_000)}`, "body"),
  wrong("__proto__", "POST /sessions", '{"game_mode":"deathmatch","__proto__":{"seed":1}}', "__proto__"),
  wrong("a key twice", `PUT ${SESSION}`, '{"status":"active","status":"ended"}', "status"),
  {
    what: "64 KiB and more",
    ask: "POST /sessions",
    body: `{"game_mode":"${"a".repeat(64 * 1024)}"}`,
    status: 413,
    error: "PAYLOAD_TOO_LARGE",
    field: "body",
  },
  {
    what: "another media type",
    ask: `PUT ${SESSION}`,
    body: '{"status":"paused"}',
    headers: { "content-type": "text/plain" },
    status: 415,
    error: "UNSUPPORTED_MEDIA_TYPE",
    field: "Content-Type",
  },
  { what: "another verb", ask: `POST ${SESSION}`, body: "{}", status: 405, error: "METHOD_NOT_ALLOWED" },
];

const EVERY_SESSION_ROUTE = [
  { ask: "GET /sessions/{unknown}" },
  { ask: "PUT /sessions/{unknown}", body: '{"status":"paused"}' },
  { ask: "DELETE /sessions/{unknown}" },
  { ask: "POST /sessions/{unknown}/join", body: "{}" },
  { ask: "POST /sessions/{unknown}/leave" },
  { ask: "POST /sessions/{unknown}/spectate", body: "{}" },
  { ask: "POST /sessions/{unknown}/positions", body: '{"position":{"x":1,"y":1,"z":0}}' },
  { ask: "POST /sessions/{unknown}/actions", body: '{"action_type":"reload"}' },
  { ask: "GET /sessions/{unknown}/stats" },
  { ask: "GET /sessions/{unknown}/leaderboard" },
  { ask: "GET /analytics/combat/{unknown}" },
  { ask: "GET /sessions/{unknown}/replay" },
] as const satisfies Pick<Row, "ask" | "body">[];

const NO_SUCH_SESSION: Row[] = [
  ...EVERY_SESSION_ROUTE.map((row) => ({ ...row, what: "unknown", status: 404, error: "SESSION_NOT_FOUND" })),
  wrong("an id that is no UUID", "GET /sessions/123", "", "session_id"),
  wrong("an id in capitals", "GET /sessions/0000000A-0000-4000-8000-00000000000A", "", "session_id"),
  wrong("an id with SQL in it", "DELETE /sessions/1'%20OR%20'1'='1", "", "session_id"),
];

const forbidden = (what: string, who: Who, ask: Row["ask"], body?: string, place: Place = "active"): Row => {
  return { what, who, ask, place, status: 403, error: "FORBIDDEN", ...(body === undefined ? {} : { body }) };
};
const MOVE = '"position":{"x":80,"y":70,"z":0}';
const HURT = '{"target_id":"{bob}","damage":5,"damage_type":"bullet"}';

const NOT_YOURS: Row[] = [
  forbidden("a player who is not the host pauses", "bob", `PUT ${SESSION}`, '{"status":"paused"}'),
  forbidden("a player who is not the host ends", "bob", `DELETE ${SESSION}`),
  forbidden("another takes a seat for one", "carol", `POST ${SESSION}/join`, '{"player_id":"{bob}"}'),
  forbidden("another leaves for one", "carol", `POST ${SESSION}/leave`, '{"player_id":"{bob}"}'),
  forbidden("another moves one", "alice", `POST ${SESSION}/positions`, `{"player_id":"{bob}",${MOVE}}`),
  forbidden("another acts for one", "alice", `POST ${SESSION}/actions`, '{"player_id":"{bob}","action_type":"reload"}'),
  forbidden("a player deals damage by decree", "alice", `POST ${SESSION}/damage`, HURT),
  forbidden("a player watches the own match", "bob", `POST ${SESSION}/spectate`, "{}"),
  forbidden("a spectator takes a seat", "watcher", `POST ${SESSION}/join`, "{}"),
  forbidden("a spectator creates", "watcher", "POST /sessions", '{"game_mode":"deathmatch"}'),
  forbidden("a spectator moves", "watcher", `POST ${SESSION}/positions`, `{${MOVE}}`),
  forbidden("a token of another session pauses", "elsewhere", `PUT ${SESSION}`, '{"status":"paused"}'),
  forbidden("a token of another session moves", "elsewhere", `POST ${SESSION}/positions`, `{${MOVE}}`),
  forbidden("a stranger reads what is private", "carol", `GET ${SESSION}`, undefined, "private"),
  forbidden("a stranger reads figures of what is private", "carol", `GET ${SESSION}/stats`, undefined, "private"),
  forbidden("a stranger reads ranks of what is private", "carol", `GET ${SESSION}/leaderboard`, undefined, "private"),
  forbidden("a stranger analyses what is private", "carol", "GET /analytics/combat/{id}", undefined, "private"),
  forbidden("a stranger replays what is private", "carol", `GET ${SESSION}/replay`, undefined, "private"),
  forbidden("a token of another session replays", "elsewhere", `GET ${SESSION}/replay`),
  {
    ...forbidden("a player replays what still runs", "alice", `GET ${SESSION}/replay`),
    status: 409,
    error: "INVALID_STATE_TRANSITION",
  },
  forbidden("a stranger joins what is private", "carol", `POST ${SESSION}/join`, "{}", "private"),
  forbidden("a stranger watches what is private", "carol", `POST ${SESSION}/spectate`, "{}", "private"),
  {
    ...forbidden("who does not play moves", "carol", `POST ${SESSION}/positions`, `{${MOVE}}`),
    status: 404,
    error: "PARTICIPANT_NOT_FOUND",
  },
  {
    ...forbidden("who does not play leaves", "carol", `POST ${SESSION}/leave`),
    status: 404,
    error: "PARTICIPANT_NOT_FOUND",
  },
];

const conflict = (place: Place, what: string, ask: Row["ask"], body: string, who: Who = "alice"): Row => {
  return { what: `${place}: ${what}`, place, ask, body, who, status: 409, error: "INVALID_STATE_TRANSITION" };
};

const WRONG_STATE: Row[] = [
  conflict("waiting", "pausing", `PUT ${SESSION}`, '{"status":"paused"}'),
  conflict("waiting", "ending by status", `PUT ${SESSION}`, '{"status":"ended"}'),
  conflict("waiting", "choosing a round", `PUT ${SESSION}`, '{"current_round":2}'),
  conflict("waiting", "damage", `POST ${SESSION}/damage`, HURT, "service"),
  conflict("active", "going back to waiting", `PUT ${SESSION}`, '{"status":"waiting"}'),
  conflict("paused", "going back to waiting", `PUT ${SESSION}`, '{"status":"waiting"}'),
  conflict("paused", "damage", `POST ${SESSION}/damage`, HURT, "service"),
  conflict("ended", "starting", `PUT ${SESSION}`, '{"status":"active"}'),
  conflict("ended", "choosing a round", `PUT ${SESSION}`, '{"current_round":2}'),
  conflict("ended", "joining", `POST ${SESSION}/join`, "{}", "carol"),
  conflict("ended", "leaving", `POST ${SESSION}/leave`, "{}", "bob"),
  conflict("ended", "watching", `POST ${SESSION}/spectate`, "{}", "carol"),
  conflict("ended", "moving", `POST ${SESSION}/positions`, `{${MOVE}}`),
  conflict("ended", "acting", `POST ${SESSION}/actions`, '{"action_type":"reload"}'),
  conflict("ended", "damage", `POST ${SESSION}/damage`, HURT, "service"),
  {
    ...conflict("active", "joining when full", `POST ${SESSION}/join`, "{}", "carol"),
    status: 400,
    error: "SESSION_FULL",
  },
  {
    ...conflict("active", "a version that is past", `PUT ${SESSION}`, '{"status":"paused"}'),
    headers: { "if-match": '"1"' },
    error: "VERSION_CONFLICT",
  },
  {
    ...conflict("active", "a version that is none", `PUT ${SESSION}`, '{"status":"paused"}'),
    headers: { "if-match": '"one"' },
    status: 400,
    error: "INVALID_ARGUMENT",
    field: "If-Match",
  },
];

const BAD_TOKENS: Row[] = (["nobody", "expired", "forged", "garbled"] as const).flatMap((who) =>
  [
    { ask: "POST /sessions", body: '{"game_mode":"deathmatch"}' } as const,
    { ask: `GET ${SESSION}` } as const,
    { ask: `PUT ${SESSION}`, body: '{"status":"paused"}' } as const,
    { ask: `DELETE ${SESSION}` } as const,
    { ask: `POST ${SESSION}/positions`, body: `{${MOVE}}` } as const,
    { ask: `POST ${SESSION}/leave` } as const,
  ].map((row) => ({ ...row, who, what: `${who}'s token`, status: 401, error: "UNAUTHENTICATED" })),
);

const TABLE = {
  "of the wrong type": WRONG_TYPE,
  "missing or unknown": MISSING_AND_UNKNOWN,
  "out of bounds": OUT_OF_BOUNDS,
  "no numbers": NO_NUMBERS,
  "too large or strange": STRANGE_JSON,
  "no such session": NO_SUCH_SESSION,
  "not yours": NOT_YOURS,
  "in the wrong state": WRONG_STATE,
  "without a good token": BAD_TOKENS,
};

describe.each(Object.entries(TABLE))("REST, %s", (_, rows) => {
  test.each(rows)("$what: $ask is $status $error", async (row: Row) => {
    const { ask, body, headers = {}, who = "alice", place = "active", status, error, field } = row;
    const [verb, path] = ask.split(/ (.*)/) as [Verb, string];
    await scene.unchanged(place, async () => {
      const call = restCaller(system.url, scene.tokens[who]);
      const text = body === undefined || body === "" ? undefined : scene.fill(body, place);
      const answer = await call(verb, scene.fill(path, place), text, headers);
      const refused = refusalOf(answer, status, error);
      if (field !== undefined) expect(refused.details["field"]).toBe(field);
      if (status === 401) expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer /);
    });
  });
});

test.each([
  { what: "off the map", position: { x: -1, y: 70, z: 0 }, check: "bounds" },
  { what: "far away", position: { x: 159, y: 1, z: 0 }, check: "teleport" },
])("REST, impossible: a move $what is answered by the check that failed, and moves nobody", async (row) => {
  await scene.unchanged("active", async () => {
    const { position } = row;
    const call = restCaller(system.url, scene.tokens.alice);
    const answer = await call("POST", `/sessions/${scene.sessions.active}/positions`, { position });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toMatchObject({ validated: false, check: row.check });
  });
});
