/**
 * Replay from end to end, over real processes: a fight is recorded, given out in parts to whom it may be given, and the
 * tool plays it to the same hashes. Its figures are on the routes. Promise P2 over a whole match.
 */
import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, expect, test } from "vitest";
import { InputWriter, readInputs } from "#combat/sim/input-bytes.ts";
import { RecordedPartSchema, SavedRecordingSchema } from "#gen/necpgame/combat/v1/recording_pb.js";
import { replayParts, runReplay } from "#support/replay-tool.ts";
import { bodyOf, refusalOf, restCaller } from "#support/rest.ts";
import { type System, startSystem } from "#support/system.ts";
import { approach, createMatch, type Match, openAll, shootDown, you } from "./match.ts";
import type { Viewer } from "./viewer.ts";

const FIGHT_MS_MAX = 120_000;

let system: System;
let folder: string;
let match: Match;
let playerToken: string;

/** Two who fight until one has fallen twice, which ends the match. */
async function fight(): Promise<void> {
  match = await createMatch(system, "protobuf", { score_limit: 2, respawn_seconds: 0.5, seed: 7, is_private: true });
  const [shooter, target] = await openAll(system, match);
  playerToken = await system.token(match.playerIds[0]);
  await beforeTheEnd();
  const targetId = you(target).playerId;
  for (let kill = 1; kill <= 2; kill++) {
    await approach([shooter, target], 40);
    await shootDown(shooter, targetId);
    if (kill === 1) for (const viewer of [shooter, target]) await nextLife(viewer, targetId);
  }
  await Promise.all([shooter, target].map((viewer) => viewer.closed));
}

function nextLife(viewer: Viewer, playerId: string): Promise<boolean> {
  return viewer.until("the next life", () => {
    const killedAt = viewer.events.findIndex(({ event }) => event === "player_killed");
    const lives = viewer.events.slice(killedAt).filter((event) => event.event === "player_respawned");
    return killedAt >= 0 && lives.some(({ data }) => data.player_id === playerId);
  });
}

async function beforeTheEnd(): Promise<void> {
  const path = `/sessions/${match.sessionId}/replay`;
  const running = refusalOf(await restCaller(system.url, playerToken)("GET", path), 409, "INVALID_STATE_TRANSITION");
  expect(running.details).toEqual({ status: "active" });
  const service = restCaller(system.url, await system.token(randomUUID(), ["service"]));
  expect(bodyOf(await service("GET", path), 200)).toMatchObject({ session_id: match.sessionId });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "combat-replay-"));
  system = await startSystem();
  await fight();
}, FIGHT_MS_MAX);

afterAll(async () => {
  await system?.stop();
  await rm(folder, { recursive: true, force: true });
});

test("parts come in order, to those who were in it; to nobody else while it is private", async () => {
  const call = restCaller(system.url, playerToken);
  const parts = await replayParts(call, match.sessionId);
  expect(parts.map(({ epoch, number }) => [epoch, number])).toEqual(parts.map((_, at) => [1, at]));
  expect(parts.map((part) => part.first_tick)).toEqual([0, ...parts.map((part) => part.last_tick)].slice(0, -1));
  expect(parts.at(-1)?.end).toBe("over");
  const stranger = restCaller(system.url, await system.token(randomUUID()));
  refusalOf(await stranger("GET", `/sessions/${match.sessionId}/replay`), 403, "FORBIDDEN");
  refusalOf(await call("GET", `/sessions/${randomUUID()}/replay`), 404, "SESSION_NOT_FOUND");
  const wrong = refusalOf(
    await call("GET", `/sessions/${match.sessionId}/replay?page_token=x`),
    400,
    "INVALID_ARGUMENT",
  );
  expect(wrong.details).toMatchObject({ field: "page_token", got: "x" });
});

test("the tool fetches it, checks every second, and keeps it", async () => {
  const file = join(folder, "fight.replay");
  const fetched = ["--session", match.sessionId, "--url", system.url, "--save", file, "--check"];
  const run = await runReplay(fetched, { TOKEN: playerToken });
  expect(run).toMatchObject({ code: 0, errors: "" });
  expect(run.out).toMatch(/^epoch 1: tick 0 \(0:00\.0\) to tick \d+ .*; ended: over$/m);
  expect(Number(/(\d+) hashes alike/.exec(run.out)?.[1])).toBeGreaterThan(3);
  const events = await runReplay(["--file", file, "--events"]);
  expect(events.code).toBe(0);
  expect(events.out.match(/ {2}killed \{/g)).toHaveLength(2);
  const again = await runReplay(["--file", file, "--against", file]);
  expect(again).toMatchObject({ code: 0, out: expect.stringContaining("at every tick that both have") });
});

test("the tool shows the state at a second", async () => {
  const run = await runReplay(["--file", join(folder, "fight.replay"), "--seek", "2"]);
  expect(run.code).toBe(0);
  expect(run.out).toMatch(/^tick 60 \(0:02\.0\), live, round 1, hash [0-9a-f]{16}$/m);
  expect(run.out).toMatch(new RegExp(`slot 0 ${match.playerIds[0]} side 0: at .*, health 100, assault_rifle, 0 kills`));
});

/** The saved recording with the inputs of its second part replaced. */
async function changed(change: (writer: InputWriter, bytes: Uint8Array) => void): Promise<string> {
  const saved = fromBinary(SavedRecordingSchema, await readFile(join(folder, "fight.replay")));
  const part = fromBinary(RecordedPartSchema, gunzipSync(saved.parts[1]!.content));
  const writer = new InputWriter();
  change(writer, part.inputs);
  part.inputs = writer.take();
  saved.parts[1]!.content = gzipSync(toBinary(RecordedPartSchema, part));
  const path = join(folder, `${randomUUID()}.replay`);
  await writeFile(path, toBinary(SavedRecordingSchema, saved));
  return path;
}

/** Every move of slot 0 a centimetre beside, but for the first ones. */
function besides(writer: InputWriter, bytes: Uint8Array): void {
  let moves = 0;
  for (const entry of readInputs(bytes)) {
    if (entry.kind === "ticks") for (let idle = 0; idle < entry.count; idle++) writer.step([]);
    else if (entry.kind === "inputs") writer.step(entry.inputs);
    else if (entry.kind === "order") writer.order(entry.order);
    else if (entry.kind === "pulse") writer.pulseIs(entry.pulse);
    else if (entry.kind === "hash") writer.hash(entry.hash);
    else if (entry.move.slot !== 0 || ++moves < 5) writer.move(entry.move);
    else writer.move({ ...entry.move, position: { ...entry.move.position, y: entry.move.position.y + 1 } });
  }
}

test("the tool names the first tick and field that differ", async () => {
  const path = await changed(besides);
  const run = await runReplay(["--file", path]);
  expect(run.code).toBe(1);
  expect(run.out).toMatch(/DIFFERS at tick \d+ \(0:\d\d\.\d\): position; alike up to tick \d+/);
  const against = await runReplay(["--file", path, "--against", join(folder, "fight.replay")]);
  expect(against.code).toBe(1);
  expect(against.out).toMatch(/fighters\[0\]\.position\.y: this \d+, other \d+/);
});

test.each([
  { name: "no file", args: ["--file", "/nowhere"], says: "/nowhere is no recording" },
  { name: "nothing to play", args: [], says: "give either --session or --file" },
  { name: "a session that is none", args: ["--session", "x"], says: "--session must be a UUID" },
  { name: "no such option", args: ["--faster"], says: "--faster" },
])("the tool says what is wrong and exits 2: $name", async ({ args, says }) => {
  const run = await runReplay(args);
  expect(run).toMatchObject({ code: 2, out: "", errors: expect.stringContaining(says) });
});

test("the tool says what the service said, and refuses what is torn or of other content", async () => {
  const stranger = await system.token(randomUUID());
  const refused = await runReplay(["--session", match.sessionId, "--url", system.url, "--token", stranger]);
  expect(refused).toMatchObject({ code: 2, errors: expect.stringContaining("FORBIDDEN") });
  const saved = fromBinary(SavedRecordingSchema, await readFile(join(folder, "fight.replay")));
  const part = fromBinary(RecordedPartSchema, gunzipSync(saved.parts[0]!.content));
  const original = saved.parts[0]!.content;
  const write = async (name: string, content: Uint8Array) => {
    saved.parts[0]!.content = new Uint8Array(content);
    await writeFile(join(folder, name), toBinary(SavedRecordingSchema, saved));
    return runReplay(["--file", join(folder, name)]);
  };
  const other = gzipSync(toBinary(RecordedPartSchema, { ...part, contentVersion: "0123456789abcdef" }));
  expect(await write("other", other)).toMatchObject({
    code: 2,
    errors: expect.stringContaining("recorded under content 0123456789abcdef"),
  });
  const torn = await write("torn", original.slice(0, original.length / 2));
  expect(torn).toMatchObject({ code: 2, errors: expect.stringContaining("part 0 of epoch 1: it is torn") });
  saved.parts.splice(0, 1);
  expect(await write("late", original)).toMatchObject({ code: 2, errors: expect.stringContaining("is missing") });
});

test("leaderboard and analytics say what the fight came to", async () => {
  const call = restCaller(system.url, playerToken);
  const [winner, loser] = match.playerIds;
  const board = bodyOf<{ entries: object[] }>(await call("GET", `/sessions/${match.sessionId}/leaderboard`), 200);
  expect(board).toMatchObject({ status: "ended", order_by: "kills" });
  expect(board.entries).toMatchObject([
    { rank: 1, won: true, stats: { player_id: winner, kills: 2, deaths: 0 } },
    { rank: 2, won: false, stats: { player_id: loser, kills: 0, deaths: 2 } },
  ]);
  const byDamage = await call("GET", `/sessions/${match.sessionId}/leaderboard?order_by=damage_dealt&limit=1`);
  expect(bodyOf<{ entries: object[] }>(byDamage, 200).entries).toMatchObject([{ stats: { player_id: winner } }]);
  for (const query of ["order_by=beauty", "limit=0", "limit=201"]) {
    refusalOf(await call("GET", `/sessions/${match.sessionId}/leaderboard?${query}`), 400, "INVALID_ARGUMENT");
  }
  type Analytics = { weapons: object[]; damage_types: { damage: number }[]; events: object[]; teams: object[] };
  const analytics = bodyOf<Analytics>(await call("GET", `/analytics/combat/${match.sessionId}`), 200);
  expect(analytics).toMatchObject({ session_id: match.sessionId, status: "ended", game_mode: "team_deathmatch" });
  expect(analytics.weapons).toMatchObject([{ weapon: "assault_rifle", kills: 2, damage: 200 }]);
  expect(analytics.damage_types).toMatchObject([{ damage_type: "bullet", damage: 200 }]);
  expect(analytics.events).toEqual(
    expect.arrayContaining([
      { event: "player_killed", count: 2 },
      { event: "session_ended", count: 1 },
      { event: "player_joined", count: 2 },
    ]),
  );
  expect(analytics.teams).toMatchObject([
    { team_id: match.teamIds[0], score: 2, kills: 2, deaths: 0, damage_dealt: 200, won: true },
    { team_id: match.teamIds[1], kills: 0, deaths: 2, damage_taken: 200, won: false },
  ]);
  const stranger = restCaller(system.url, await system.token(randomUUID()));
  for (const path of [`/analytics/combat/${match.sessionId}`, `/sessions/${match.sessionId}/leaderboard`]) {
    refusalOf(await stranger("GET", path), 403, "FORBIDDEN");
  }
});
