/**
 * Driver of the Kafka test, in a process of its own: the combat service without its network, on real stores, with damage
 * dealt in many sessions at a given rate, so that players fall and come back, and one onlooker in each session.
 * In:  DATABASE_URL, REDIS_URL, KAFKA_BROKERS, EVENTS_PER_SECOND, SESSIONS; BOOK_FOLDER, where it writes what the judge
 *      reads; the words "rest" and "end" on stdin.
 * Out: a JSON line a second: how it stands. After "rest" no more is dealt, after "end" all sessions are ended and it exits 0
 *      once everything is published. In the folder, as kafka-book.ts has it: each frame that an onlooker was shown, and
 *      what was answered and recorded of each session.
 * Not here: gateways and sockets; the frames are those that a gateway would be given.
 */
import { randomUUID } from "node:crypto";
import { openSync, writeSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import type { Principal } from "#auth/principal.ts";
import { Publisher } from "#combat/events/publisher.ts";
import { readJournal } from "#combat/events/read-journal.ts";
import { createLocalPlayers } from "#combat/related/player-local.ts";
import { Desk } from "#combat/rpc/desk.ts";
import { encoder } from "#combat/rpc/encode.ts";
import { eventEncoder } from "#combat/rpc/encode-event.ts";
import { combatSession } from "#combat/rpc/encode-session.ts";
import { lifecycleCalls } from "#combat/rpc/lifecycle-calls.ts";
import type { Frame, Outlet } from "#combat/session/audience.ts";
import { Door } from "#combat/session/door.ts";
import { SessionHost } from "#combat/session/host.ts";
import type { Hosted } from "#combat/session/hosted.ts";
import { Scheduler } from "#combat/session/scheduler.ts";
import { ENFORCE_ALL } from "#combat/sim/suspicion.ts";
import { openPostgresDatabase } from "#combat/stores/database-postgres.ts";
import { openKafkaEventSink } from "#combat/stores/event-sink-kafka.ts";
import { createRedisLiveStore } from "#combat/stores/live-store-redis.ts";
import { openRecordStores } from "#combat/stores/record-stores.ts";
import type { SessionRecord } from "#combat/stores/session-store.ts";
import { createMemoryUsedTickets } from "#combat/stores/used-tickets-memory.ts";
import { CombatSessionSchema, GameMode, SessionStatus } from "#gen/necpgame/combat/v1/session_pb.js";
import {
  CreateSessionRequestSchema,
  EndSessionRequestSchema,
  UpdateSessionRequestSchema,
} from "#gen/necpgame/combat/v1/session_service_pb.js";
import { systemClock } from "#kit/clock.ts";
import { createLogger } from "#ops/log.ts";
import { openRedis } from "#ops/redis.ts";
import { nowhere } from "#support/nowhere.ts";
import { toPublicJson } from "#wire/public-json.ts";
import { BOOK_FILES, type Ended, shownLine } from "./kafka-book.ts";

const PLAYERS = 8;
const BEAT_MS = 10;
/** Of one session in one beat: half of what a tick takes. */
const LATE_BLOWS_MAX = 128;
/** Letters of frames that are written together. */
const SHOWN_AT_ONCE = 65_536;
/** A point: a life lasts a hundred hits, so that falls are few beside them, and no match is decided by them. */
const DAMAGE = 100;

const setting = (name: string): string => process.env[name] as string;
const rate = Number(setting("EVENTS_PER_SECOND"));
const clock = systemClock;
const log = createLogger({ name: "combat", level: "warn" });
const sink = await openKafkaEventSink({ brokers: setting("KAFKA_BROKERS").split(","), clientId: "combat", log });
const database = await openPostgresDatabase({ url: setting("DATABASE_URL"), log });
const stores = await openRecordStores({ database, clock });
const live = createRedisLiveStore({ redis: await openRedis({ url: setting("REDIS_URL"), name: "combat", log }), log });
const publisher = new Publisher({
  sink,
  encode: eventEncoder("protobuf"),
  readBack: (sessionId, afterSeq) => readJournal(live, sessionId, afterSeq),
  log,
});
const host = new SessionHost({
  ...stores,
  live,
  publisher,
  owner: `driver#${randomUUID()}`,
  encoder,
  scheduler: new Scheduler(clock),
  clock,
  log,
});
const calls = lifecycleCalls({
  desk: new Desk(host, nowhere(stores.sessions)),
  sessions: stores.sessions,
  players: createLocalPlayers(),
  clock,
  checks: ENFORCE_ALL,
  acceptsSessions: () => true,
});
const principal: Principal = {
  playerId: randomUUID(),
  roles: new Set(["service"]),
  name: null,
  sessionId: null,
  expiresAtUnixMs: Number.MAX_SAFE_INTEGER,
};
const context = { principal, signal: new AbortController().signal };
const door = new Door({ host, clock, tickets: createMemoryUsedTickets(clock), elsewhere: nowhere(stores.sessions) });
const folder = setting("BOOK_FOLDER");
const shownFile = openSync(join(folder, BOOK_FILES.shown), "w");
let shownLines = "";

/** At once: a stream would gather in memory, of which this test is about. */
function writeShown(): void {
  writeSync(shownFile, shownLines);
  shownLines = "";
}

/** Watches a session, and notes every frame that must not be missed. Resolves when it has been let in. */
async function watch(sessionId: string): Promise<void> {
  const note = ({ lane, bytes }: Frame) => {
    if (lane !== "event") return;
    shownLines += shownLine(sessionId, bytes);
    if (shownLines.length >= SHOWN_AT_ONCE) writeShown();
  };
  const entered = Promise.withResolvers<void>();
  let isIn = false; // Before that broadcasts are for the outlet's other viewers, as a gateway knows.
  const outlet: Outlet = {
    roster: () => undefined,
    enter: () => {
      isIn = true;
      entered.resolve();
    },
    broadcast: (_, frame) => isIn && note(frame),
    unicast: (_, frame) => note(frame),
    close: () => undefined,
  };
  const camera = { mode: "overview", targetId: null, position: null, direction: null } as const;
  const who = { outlet, connection: 1, sessionId, playerId: randomUUID(), trusted: true };
  const attached = await door.attach({ ...who, ticket: null, resume: null, camera });
  if (!attached.ok) throw new Error(`nobody may watch ${sessionId}: ${JSON.stringify(attached)}`);
  host.enter(attached.value.hosted, attached.value.viewer);
  await entered.promise;
}

async function begin(): Promise<Hosted> {
  const teams = [randomUUID(), randomUUID()];
  const participants = Array.from({ length: PLAYERS }, (_, at) => {
    return { playerId: randomUUID(), teamId: teams[at % 2] as string };
  });
  const request = {
    gameMode: GameMode.TEAM_DEATHMATCH,
    participants,
    autoStart: false,
    scoreLimit: 500,
    maxRounds: 20,
    respawnSeconds: 0,
  };
  const { id } = await calls.createSession(create(CreateSessionRequestSchema, request), context);
  await watch(id);
  const start = { sessionId: id, status: SessionStatus.ACTIVE };
  await calls.updateSession(create(UpdateSessionRequestSchema, start), context);
  return host.find(id) as Hosted;
}

const sessions = await Promise.all(Array.from({ length: Number(setting("SESSIONS")) }, begin));
let dealing = true;
let dealt = 0;
let refused = 0;
let turn = 0;
let latestMs = 0;
/** What the answers say: blows that hurt, and health they took, by session. */
const answers = new Map(sessions.map(({ session }) => [session.id, { hits: 0, lost: 0, unanswered: 0 }]));

/** A blow by an enemy, so that kills count. */
function strike({ session, awaiting }: Hosted, slot: number): boolean {
  const { seats } = session.roster;
  const name = (at: number) => seats[at % PLAYERS]?.playerId as string;
  const order = { attackerId: name(slot + 1), targetId: name(slot), damage: DAMAGE, damageType: "bullet" } as const;
  const taken = session.handleDamage({ ...order, weapon: "assault_rifle", headshot: false }, null);
  if (!taken.ok || typeof taken.value !== "number") return false;
  const answer = answers.get(session.id) as { hits: number; lost: number; unanswered: number };
  answer.unanswered += 1;
  awaiting.set(taken.value, (outcome) => {
    answer.unanswered -= 1;
    if (outcome.kind !== "damage" || outcome.lost === 0) return; // The fallen lose nothing more.
    answer.hits += 1;
    answer.lost += outcome.lost;
  });
  return true;
}

/** Deals what is due by the clock; a late beat deals what the ones before have missed, as far as a tick takes it. */
async function deal(): Promise<void> {
  const startMs = clock.nowMs();
  let asked = 0;
  for (let beatMs = startMs; dealing; ) {
    await delay(BEAT_MS);
    const nowMs = clock.nowMs();
    latestMs = Math.max(latestMs, nowMs - beatMs - BEAT_MS);
    beatMs = nowMs;
    const due = ((nowMs - startMs) / 1000) * rate;
    for (asked = Math.max(asked, due - LATE_BLOWS_MAX * sessions.length); asked < due; asked++) {
      const slot = Math.floor(turn / sessions.length) % PLAYERS;
      if (strike(sessions[turn % sessions.length] as Hosted, slot)) dealt += 1;
      else refused += 1;
      turn += 1;
    }
  }
}

function stand() {
  const { published, failures, lost } = publisher.counts;
  const rssMb = Math.round(process.memoryUsage().rss / 1024 / 1024);
  const ticks = Math.min(...sessions.map(({ session }) => session.world.tick));
  const degraded = host.keeper.degradedCount;
  const line = {
    dealt,
    refused,
    lag: publisher.lag,
    published,
    failures,
    lost,
    rssMb,
    ticks,
    degraded,
    lateMs: latestMs,
  };
  latestMs = 0;
  return line;
}

/** As the record store has it, with what was answered. */
async function endedOf({ session }: Hosted): Promise<Ended> {
  const record = (await stores.sessions.get(session.id)) as SessionRecord;
  const { hits, lost, unanswered } = answers.get(session.id) as { hits: number; lost: number; unanswered: number };
  const json = toPublicJson(CombatSessionSchema, combatSession(record));
  return { record: json as Ended["record"], hits, lost, unanswered, lastSeq: session.seqOfLastEvent };
}

const dealingDone = deal();
setInterval(() => process.stdout.write(`${JSON.stringify(stand())}\n`), 1000);

for await (const word of createInterface({ input: process.stdin })) {
  dealing = false;
  await dealingDone;
  if (word !== "end") continue;
  for (const { session } of sessions) {
    await calls.endSession(create(EndSessionRequestSchema, { sessionId: session.id }), context);
  }
  while (publisher.lag > 0 || sessions.some(({ journaling }) => journaling)) await delay(50);
  await writeFile(join(folder, BOOK_FILES.ended), JSON.stringify(await Promise.all(sessions.map(endedOf))));
  writeShown();
  process.stdout.write(`${JSON.stringify({ ...stand(), done: true })}\n`);
  await log.flush();
  process.exit(0);
}
