/**
 * Swarm process: the players and spectators of a benchmark, in a process of their own: opens their sockets, moves them
 * at a rate, and takes the time from the moment a player's socket is written to the moment another's delivers it.
 * In:  orders as messages.   Out: one answer each. Ends when its starter is gone.
 * Law: open loop: who sends next is drawn whether answers come or not. An input counts once for each viewer; one that is
 *      overtaken by a newer one of its player on the way is coalesced, and not lost. A stretch counts what was sent in it,
 *      and not what its warm-up left on the way.
 */
import { setTimeout as pause } from "node:timers/promises";
import { loadAuthConfig } from "#auth/auth-config.ts";
import { createIssuer } from "#auth/issuer.ts";
import { systemClock } from "#kit/clock.ts";
import { createRng, nextBelow } from "#kit/rng.ts";
import { startCpu } from "../measure/cpu.ts";
import { Latencies, tailCurve } from "../measure/latencies.ts";
import { OpenLoop } from "../measure/open-loop.ts";
import { cpuSeconds } from "../measure/process-use.ts";
import { comeBack } from "./coming-back.ts";
import type { CameBack, Connected, Played, PlayOrder, RoomOrder, SwarmAnswer, SwarmOrder, Where } from "./swarm.ts";
import { type RoomKnown, type SeatKnown, type Spot, WIRE_FORMATS, type WireFormat } from "./wire-format.ts";
import { WireSocket, type WireSocketOrder } from "./wire-socket.ts";

const OPENING_AT_ONCE = 64;
const BEAT_MS = 1;
/** Inputs of a player that may be on their way at once. */
const UNDERWAY_MAX = 64;
const TOKEN_SECONDS = 7_200;
/** Inputs, of which half are shots: about as often as a rifle's magazine is empty. */
const RELOAD_EVERY = 180;
/** To and fro, metres: legal wherever somebody may stand. */
const STRIDE_M = 0.05;
/** What a wall clock of whole milliseconds leaves out, on average. */
const HALF_A_MS = 0.5;
/** What is on its way when a stretch ends is waited for. */
const SETTLE_MS = 1_000;

type Room = RoomKnown & {
  readonly sentAtMs: Float64Array;
  /** By slot, the last input that the stretch does not count. */
  readonly uncounted: Uint32Array;
};

type Seat = SeatKnown & {
  readonly room: Room;
  readonly path: string;
  /** Inputs it has sent; goes on over a reconnect. */
  seq: number;
};

type Member = Seat & {
  /** How its socket was opened. */
  readonly door: WireSocketOrder;
  readonly socket: WireSocket;
  /** Newest input seen, by slot. */
  readonly seen: Uint32Array;
  spot: Spot | undefined;
};

/** By session: who comes later comes into the same. */
const rooms = new Map<string, Room>();
const members: Member[] = [];
const players: Member[] = [];
let format: WireFormat = WIRE_FORMATS.protobuf;
let tally = newTally();
let ended: string | null = null;

function newTally() {
  return {
    ...{ sent: 0, delivered: 0, frames: 0 },
    latencies: new Latencies(),
    spectatorLatencies: new Latencies(),
    up: new Latencies(),
    down: new Latencies(),
  };
}

async function connect(orders: readonly RoomOrder[], { port, dataDir, format: name }: Where): Promise<Connected> {
  format = WIRE_FORMATS[name];
  const issuer = dataDir === null ? null : createIssuer(await loadAuthConfig({ DATA_DIR: dataDir }), systemClock);
  const seats = orders.flatMap(seatsOf);
  let next = 0;
  const fromMs = performance.now();
  const lane = async () => {
    for (let at = next++; at < seats.length; at = next++) {
      const seat = seats[at]!;
      const order = { sub: seat.playerId, roles: ["player"], ttlSeconds: TOKEN_SECONDS } as const;
      const protocols = issuer === null ? [] : [format.subprotocol, `bearer.${await issuer.user(order)}`];
      const path = (await format.pathOf?.(seat, port)) ?? seat.path;
      await enter({ port, path, protocols }, seat);
    }
  };
  await Promise.all(Array.from({ length: OPENING_AT_ONCE }, lane));
  return { sockets: members.length, ms: performance.now() - fromMs };
}

function seatsOf({ sessionId, playerIds, spectatorIds }: RoomOrder): Seat[] {
  const slots = new Map(playerIds.map((playerId, slot) => [playerId, slot]));
  const room = rooms.get(sessionId) ?? {
    ...{ sessionId, slots, slotByRef: [], uncounted: new Uint32Array(playerIds.length) },
    sentAtMs: new Float64Array(playerIds.length * UNDERWAY_MAX),
  };
  rooms.set(sessionId, room);
  const path = `/ws/sessions/${sessionId}`;
  return [
    ...playerIds.map((playerId, slot) => ({ room, playerId, slot, path, seq: 0 })),
    ...spectatorIds.map((playerId) => ({ room, playerId, slot: null, path: `${path}/spectate`, seq: 0 })),
  ];
}

/** Resolves when the server has told the whole session; rejects when it would not have the socket. */
async function enter(door: WireSocketOrder, seat: Seat): Promise<void> {
  const socket = await WireSocket.open(door);
  await new Promise<void>((resolve, reject) => {
    socket.onEnd = (why) => reject(new Error(why));
    socket.onFrame = (payload) => {
      reply(socket, payload);
      const begun = format.begins(payload, seat);
      if (begun === null) return;
      const { room, playerId, slot, path, seq } = seat;
      const seen = new Uint32Array(room.slots.size);
      const member = { room, playerId, slot, path, door, socket, seen, seq, spot: begun.spot };
      socket.onFrame = (bytes) => take(member, bytes);
      socket.onEnd = (why) => {
        ended ??= why;
      };
      members.push(member);
      if (member.slot !== null) players.push(member);
      resolve();
    };
  });
}

function reply(socket: WireSocket, payload: Buffer): void {
  const said = format.replyTo?.(payload);
  if (said) socket.send(said, format);
}

/** Their sockets are cut without a word. */
function cut(those: readonly Member[]): void {
  const gone = new Set(those);
  for (const { socket } of those) socket.cut();
  for (const list of [members, players]) {
    const left = list.filter((member) => !gone.has(member));
    list.length = 0;
    list.push(...left);
  }
}

async function storm(count: number): Promise<CameBack> {
  const those = players.slice(0, count);
  if (those.length < count) throw new Error(`${count} players of ${players.length} cannot come back`);
  const backMs: number[] = [];
  cut(those);
  const fromMs = performance.now();
  const refused = await Promise.all(
    those.map(async (member) => {
      const came = await comeBack({ handshake: () => enter(member.door, member), random: Math.random });
      backMs.push(performance.now() - fromMs);
      return came.refused;
    }),
  );
  const halfMs = backMs[Math.floor(backMs.length / 2)]!;
  return { sockets: count, ms: backMs.at(-1)!, halfMs, refused: refused.reduce((sum, one) => sum + one, 0) };
}

function unwatch(): { gone: number } {
  const spectators = members.filter(({ slot }) => slot === null);
  cut(spectators);
  return { gone: spectators.length };
}

let viewer: Member | null = null;
let nowMs = 0;
/** When the server made the frame at hand, by this process's clock. */
let madeAtMs: number | null = null;

function take(member: Member, payload: Buffer): void {
  viewer = member;
  nowMs = performance.now();
  tally.frames += 1;
  const madeAtUnixMs = format.madeAtUnixMs?.(payload) ?? null;
  madeAtMs = madeAtUnixMs === null ? null : madeAtUnixMs + HALF_A_MS - performance.timeOrigin;
  format.readInputs(payload, member.room, see);
  reply(member.socket, payload);
}

/** Of the viewer at hand: a function made for each frame would be garbage for each. */
function see(slot: number, lastInput: number): void {
  const { seen, room, slot: own } = viewer!;
  if (lastInput <= seen[slot]!) return;
  seen[slot] = lastInput;
  if (slot === own || lastInput <= room.uncounted[slot]!) return;
  const sentAtMs = room.sentAtMs[slot * UNDERWAY_MAX + (lastInput % UNDERWAY_MAX)]!;
  const ms = nowMs - sentAtMs;
  if (own === null) return tally.spectatorLatencies.record(ms);
  tally.delivered += 1;
  tally.latencies.record(ms);
  if (madeAtMs === null) return;
  const upMs = Math.min(ms, Math.max(0, madeAtMs - sentAtMs));
  tally.up.record(upMs);
  tally.down.record(ms - upMs);
}

function move(member: Member): void {
  const { room, slot, socket, spot } = member;
  if (slot === null || spot === undefined) throw new Error("only who plays moves");
  const seq = ++member.seq;
  const bytes = format.move(seq, { ...spot, x: spot.x + (seq % 2) * STRIDE_M }, slot);
  room.sentAtMs[slot * UNDERWAY_MAX + (seq % UNDERWAY_MAX)] = performance.now();
  socket.send(bytes, format);
  tally.sent += 1;
}

function shoot(member: Member): void {
  if (format.act === undefined) throw new Error("nobody shoots on this server");
  const seq = ++member.seq;
  member.socket.send(format.act(seq, seq % RELOAD_EVERY === 0 ? "reload" : "attack"), format);
}

async function play({ perSecond, warmUpMs, ms, seed, shoots = false, watched }: PlayOrder): Promise<Played> {
  const rng = createRng(seed);
  const loop = new OpenLoop((count) => {
    for (let done = 0; done < count; done++) {
      const player = players[nextBelow(rng, players.length)]!;
      move(player);
      if (shoots) shoot(player);
    }
  }, BEAT_MS);
  loop.setRate(perSecond);
  await pause(warmUpMs);
  tally = newTally();
  for (const { room, slot, seq } of players) room.uncounted[slot!] = seq;
  const bytesBefore = bytesReceived();
  const cpuBefore = await Promise.all(watched.map(cpuSeconds));
  const cpu = startCpu();
  await pause(ms);
  loop.stop();
  const { cores, seconds } = cpu();
  const cpuAfter = await Promise.all(watched.map(cpuSeconds));
  const watchedCores = cpuAfter.map((after, at) => (after - cpuBefore[at]!) / seconds);
  await pause(SETTLE_MS);
  const { sent, delivered, frames, latencies, spectatorLatencies } = tally;
  const bytes = bytesReceived() - bytesBefore;
  const figures = { seconds, sent, delivered, frames, bytes, cores, watchedCores };
  const [summary, spectatorSummary] = [latencies.summary(), spectatorLatencies.summary()];
  const stages = { up: tally.up.summary(), down: tally.down.summary(), upShare: tally.up.mean / (latencies.mean || 1) };
  return { ...figures, summary, spectatorSummary, stages, curve: tailCurve(latencies) };
}

function bytesReceived(): number {
  return members.reduce((sum, { socket }) => sum + socket.bytesReceived, 0);
}

async function answer(order: SwarmOrder): Promise<SwarmAnswer> {
  try {
    if (order.kind === "connect") return { kind: "done", value: await connect(order.rooms, order) };
    if (order.kind === "come-back") return { kind: "done", value: await storm(order.count) };
    if (order.kind === "unwatch") return { kind: "done", value: unwatch() };
    const value = await play(order);
    if (ended !== null) throw new Error(`a socket ended meanwhile: ${ended}`);
    return { kind: "done", value };
  } catch (error) {
    return { kind: "failed", why: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

process.on("disconnect", () => process.exit(0));
process.on("message", (order: SwarmOrder) => void answer(order).then((said) => process.send?.(said)));
