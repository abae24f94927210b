/** Relay stream: a gateway that says how far it is gets states seldom while it is behind; one that never says so keeps up. */
import { EventEmitter } from "node:events";
import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { RELAY_UNDERWAY_MAX } from "#combat/limits.ts";
import type { RelayCall } from "#combat/rpc/handlers.ts";
import { relayHandler } from "#combat/rpc/relay-stream.ts";
import type { Outlet } from "#combat/session/audience.ts";
import type { Door } from "#combat/session/door.ts";
import type { SessionHost } from "#combat/session/host.ts";
import { RelayRequestSchema, type RelayResponse } from "#gen/necpgame/combat/v1/relay_service_pb.js";
import { silentLog } from "#kit/log.ts";
import { Mailbox } from "#support/mailbox.ts";

const SESSION = "11111111-1111-4111-8111-111111111111";

class FakeCall extends EventEmitter {
  readonly written: RelayResponse[] = [];
  isFull = false;

  write(response: RelayResponse): boolean {
    this.written.push(response);
    return !this.isFull;
  }

  say(item: object): void {
    this.emit("data", create(RelayRequestSchema, { items: [{ item: item as never }] }));
  }
}

/** A stream, and the outlet that its viewers are behind. */
async function opened() {
  const call = new FakeCall();
  const attaches = new Mailbox<Outlet>("attaches");
  const door = {
    attach: async ({ outlet }: { outlet: Outlet }) => {
      attaches.put(outlet);
      return { ok: false, problem: { error: "FORBIDDEN", message: "no", details: {} } };
    },
  } as unknown as Door;
  relayHandler({ host: {} as SessionHost, door, answers: {} as never, log: silentLog })(call as unknown as RelayCall);
  call.say({ case: "attach", value: { connection: 1, sessionId: SESSION, playerId: SESSION } });
  return { call, outlet: await attaches.take() };
}

/** So many frames, all written. */
async function broadcast(outlet: Outlet, count: number): Promise<void> {
  for (let frame = 0; frame < count; frame++) outlet.broadcast(SESSION, { lane: "state", bytes: new Uint8Array([1]) });
  await new Promise((resolve) => setImmediate(resolve));
}

test("a gateway that handled too little of what is on its way is congested until it catches up", async () => {
  const { call, outlet } = await opened();
  call.say({ case: "progress", value: { items: 0 } });
  await broadcast(outlet, RELAY_UNDERWAY_MAX + 10);
  expect(outlet.isCongested).toBe(true);
  call.say({ case: "progress", value: { items: 20 } });
  expect(outlet.isCongested).toBe(false);
});

test("one that never says how far it is counts as one that keeps up, until the stream is full", async () => {
  const { call, outlet } = await opened();
  await broadcast(outlet, 10 * RELAY_UNDERWAY_MAX);
  expect(outlet.isCongested).toBe(false);
  call.isFull = true;
  await broadcast(outlet, 1);
  expect(outlet.isCongested).toBe(true);
  call.isFull = false;
  call.emit("drain");
  expect(outlet.isCongested).toBe(false);
});

test("what one callback tells leaves as one message, before the event loop turns", async () => {
  const { call, outlet } = await opened();
  await new Promise((resolve) => setImmediate(resolve));
  const before = call.written.length;
  for (let frame = 0; frame < 3; frame++) outlet.broadcast(SESSION, { lane: "state", bytes: new Uint8Array([1]) });
  await Promise.resolve();
  await new Promise<void>((resolve) => process.nextTick(resolve));
  expect(call.written.slice(before).map(({ items }) => items.length)).toEqual([3]);
});
