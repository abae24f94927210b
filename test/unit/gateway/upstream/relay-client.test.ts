/** The relay client against a real gRPC server: batches, order, losses, and the way back. */
import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Attach, Down, Relay, RelayListener } from "#gateway/connection/relay.ts";
import { RELAY_PROGRESS_ITEMS } from "#gateway/limits.ts";
import { createRelayClient } from "#gateway/upstream/relay-client.ts";
import { ClientMessageSchema } from "#gen/necpgame/combat/v1/realtime_pb.js";
import { Lane } from "#gen/necpgame/combat/v1/relay_service_pb.js";
import { systemClock } from "#kit/clock.ts";
import { silentLog } from "#kit/log.ts";
import { type FakeCombat, startFakeCombat } from "#support/fake-combat.ts";
import { Mailbox } from "#support/mailbox.ts";

const SESSION = "11111111-1111-4111-8111-111111111111";

class Listener implements RelayListener {
  readonly happenings = new Mailbox<"up" | "lost">("happenings");
  readonly items = new Mailbox<Down>("items");
  handleUp(): void {
    this.happenings.put("up");
  }
  handleLost(): void {
    this.happenings.put("lost");
  }
  handleDown(item: Down): void {
    this.items.put(item);
  }
}

let combat: FakeCombat;
let relay: Relay;
let listener: Listener;
let tokenCount: number;

beforeEach(async () => {
  combat = await startFakeCombat();
  combat.onAttach = () => [];
  listener = new Listener();
  tokenCount = 0;
  relay = createRelayClient({
    target: combat.target,
    token: async () => `token-${++tokenCount}`,
    clock: systemClock,
    log: silentLog,
    random: () => 0,
  });
});
afterEach(async () => {
  await relay.close();
  await combat.stop();
});

async function up(): Promise<void> {
  relay.open(listener);
  await listener.happenings.take((happening) => happening === "up");
}

const attach: Attach = {
  kind: "attach",
  connection: 7,
  sessionId: SESSION,
  playerId: SESSION,
  spectator: true,
  ticket: null,
  roles: ["player", "admin"],
  cameraMode: "cinematic",
  followTarget: null,
  resume: null,
};

describe("relay client", () => {
  test("what is sent in one turn travels as one message, in order, under the gateway's own token", async () => {
    await up();
    relay.send(attach);
    for (let seq = 1; seq <= 3; seq++) {
      const message = create(ClientMessageSchema, { seq, body: { case: "leave", value: {} } });
      relay.send({ kind: "input", connection: 7, replaceable: false, message });
    }
    relay.send({ kind: "detach", connection: 7 });
    expect(await combat.detaches.take()).toBe(7);
    expect(combat.batchSizes).toEqual([5]);
    expect(combat.inputs.waiting.map(({ message }) => message?.seq)).toEqual([1, 2, 3]);
    expect(combat.tokens).toEqual(["Bearer token-1"]);
    const told = await combat.attaches.take();
    expect(told).toMatchObject({ connection: 7, spectator: true, cameraMode: 4, roles: ["player", "admin"] });
    expect([told.ticketId, told.followTarget, told.resume]).toEqual([undefined, undefined, undefined]);
  });

  test("more than a batch goes in several, none lost", async () => {
    await up();
    for (let connection = 1; connection <= 2_000; connection++) relay.send({ kind: "detach", connection });
    await combat.detaches.take((connection) => connection === 2_000);
    expect(combat.batchSizes.reduce((sum, size) => sum + size)).toBe(2_000);
    expect(Math.max(...combat.batchSizes)).toBe(512);
  });

  test("items come down in order and in the gateway's words; unknown kinds are passed over", async () => {
    await up();
    relay.send(attach);
    await combat.attaches.take();
    const message = Buffer.from([1, 2]); // What grpc-js reads is a Buffer, and so is every part of it.
    combat.send(
      { case: "attached", value: { connection: 7, room: 3 } },
      { case: undefined },
      { case: "roster", value: { room: 3, sessionId: SESSION, playerIds: ["a", ""] } },
      { case: "unicast", value: { connection: 7, lane: Lane.UNSPECIFIED, message } },
      { case: "enter", value: { connection: 7, room: 3 } },
      { case: "broadcast", value: { room: 3, lane: Lane.STATE, message } },
      { case: "refused", value: { connection: 8, error: { error: "FORBIDDEN", message: "no", details: { a: 1 } } } },
      { case: "refused", value: { connection: 9, error: { error: "NEWER", message: "huh" } } },
      { case: "close", value: { connection: 7, reason: "done" } },
    );
    await listener.items.take(({ kind }) => kind === "close");
    expect(listener.items.waiting).toEqual([
      { kind: "attached", connection: 7, room: 3 },
      { kind: "roster", room: 3, sessionId: SESSION, playerIds: ["a", ""] },
      { kind: "unicast", connection: 7, lane: "event", bytes: message },
      { kind: "enter", connection: 7, room: 3 },
      { kind: "broadcast", room: 3, lane: "state", bytes: message },
      { kind: "refused", connection: 8, problem: { error: "FORBIDDEN", message: "no", details: { a: 1 } } },
      { kind: "refused", connection: 9, problem: { error: "UNAVAILABLE", message: "huh", details: {} } },
    ]);
  });

  test("combat is told how many items were handled, many at a time and none twice", async () => {
    await up();
    relay.send(attach);
    await combat.attaches.take();
    const items = Array.from({ length: 3 * RELAY_PROGRESS_ITEMS + 1 }, () => ({
      case: "broadcast" as const,
      value: { room: 3, lane: Lane.STATE, message: Buffer.from([1]) },
    }));
    for (const item of items) combat.send(item);
    for (let told = 0; told < 3 * RELAY_PROGRESS_ITEMS; ) told += await combat.progress.take();
    expect(listener.items.waiting.length).toBe(items.length);
    expect(combat.progress.waiting).toEqual([]);
  });

  test("a lost stream is told and opened again, with a fresh token; what waited is gone", async () => {
    await up();
    relay.send(attach);
    await combat.attaches.take();
    combat.breakStreams();
    await listener.happenings.take((happening) => happening === "lost");
    expect(relay.isUp()).toBe(false);
    expect(relay.send({ kind: "detach", connection: 1 })).toBe(false);
    await listener.happenings.take((happening) => happening === "up");
    expect(relay.send({ kind: "detach", connection: 2 })).toBe(true);
    expect(await combat.detaches.take()).toBe(2);
    expect(combat.tokens).toEqual(["Bearer token-1", "Bearer token-2"]);
  });

  test("a combat that is not there yet is found when it comes, and again when it comes back", async () => {
    await combat.stop();
    relay.open(listener);
    await combat.start();
    await listener.happenings.take((happening) => happening === "up");
    relay.send({ kind: "detach", connection: 1 });
    await combat.detaches.take();
    await combat.stop();
    await listener.happenings.take((happening) => happening === "lost");
    await combat.start();
    await listener.happenings.take((happening) => happening === "up");
    relay.send({ kind: "detach", connection: 2 });
    await combat.detaches.take((connection) => connection === 2);
  });

  test("it is away from when it is opened until it is up, and from when it is lost", async () => {
    expect(relay.awaySinceMs()).toBeNull();
    relay.open(listener);
    expect(relay.awaySinceMs()).not.toBeNull();
    await listener.happenings.take((happening) => happening === "up");
    expect(relay.awaySinceMs()).toBeNull();
    const upMs = systemClock.nowMs();
    relay.send(attach);
    await combat.attaches.take();
    combat.breakStreams();
    await listener.happenings.take((happening) => happening === "lost");
    expect(relay.awaySinceMs()).toBeGreaterThanOrEqual(upMs);
  });

  test("closing sends what waits", async () => {
    await up();
    relay.send({ kind: "detach", connection: 1 });
    await relay.close();
    expect(await combat.detaches.take()).toBe(1);
  });
});
