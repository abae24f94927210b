/** The record store over a database that is slow, away or wrong: bounded waits, and the right kind of error. */
import { expect, test } from "vitest";
import type { Database, Row } from "#combat/stores/database.ts";
import { openRecordStores } from "#combat/stores/record-stores.ts";
import { type SessionStore, StoreUnavailable } from "#combat/stores/session-store.ts";
import { ManualClock } from "#kit/clock.ts";

const ID = "11111111-1111-4111-8111-111111111111";

/** A database whose migrations succeed and whose `get` does what it is told. */
function scripted(get: () => Promise<Row[]>): Database {
  const statements = {
    query: (sql: string) => (sql.startsWith("select record") ? get() : Promise.resolve([])),
    script: () => Promise.resolve(),
  };
  return { ...statements, name: "scripted", transaction: (run) => run(statements), close: () => Promise.resolve() };
}

type Caps = { callMsMax?: number; callsWaitingMax?: number };

async function storeOver(get: () => Promise<Row[]>, caps: Caps = {}): Promise<SessionStore> {
  return (await openRecordStores({ database: scripted(get), clock: new ManualClock(), ...caps })).sessions;
}

test("a call that is slower than its deadline rejects with StoreUnavailable and says which", async () => {
  const store = await storeOver(() => new Promise(() => {}), { callMsMax: 20 });
  const late = store.get(ID);
  await expect(late).rejects.toBeInstanceOf(StoreUnavailable);
  await expect(late).rejects.toThrow(/get.*20 ms/);
});

test("one call beyond those that may wait is rejected at once; when they end there is room again", async () => {
  const answers: (() => void)[] = [];
  const store = await storeOver(() => new Promise((resolve) => answers.push(() => resolve([]))), {
    callsWaitingMax: 2,
  });
  const waiting = [store.get(ID), store.get(ID)];
  await expect(store.get(ID)).rejects.toBeInstanceOf(StoreUnavailable);
  expect(answers).toHaveLength(2); // The third never reached the database.
  for (const answer of answers) answer();
  expect(await Promise.all(waiting)).toEqual([null, null]);
  const later = store.get(ID);
  answers.at(-1)?.();
  expect(await later).toBeNull();
});

test("a call past its deadline still counts until it ends", async () => {
  let answer = () => {};
  const get = () =>
    new Promise<Row[]>((resolve) => {
      answer = () => resolve([]);
    });
  const store = await storeOver(get, { callMsMax: 20, callsWaitingMax: 1 });
  await expect(store.get(ID)).rejects.toThrow(/20 ms/);
  await expect(store.get(ID)).rejects.toThrow(/waiting already/);
  answer();
  await new Promise(setImmediate);
  const next = store.get(ID);
  answer();
  expect(await next).toBeNull();
});

const failures: readonly [what: string, error: Error, unavailable: boolean][] = [
  ["a connection that broke", Object.assign(new Error("gone"), { code: "ECONNRESET" }), true],
  ["a server that shuts down", Object.assign(new Error("57"), { code: "57P01" }), true],
  ["a full disk", Object.assign(new Error("53"), { code: "53100" }), true],
  ["an error nobody foresaw", new Error("?"), true],
  ["a statement that is wrong", Object.assign(new Error("42"), { code: "42601" }), false],
  ["a value that is wrong", Object.assign(new Error("22"), { code: "22P02" }), false],
];
test.each(failures)("%s: StoreUnavailable or our own mistake", async (_what, error, unavailable) => {
  const store = await storeOver(() => Promise.reject(error));
  const failed = await store.get(ID).catch((cause: unknown) => cause);
  expect(failed instanceof StoreUnavailable).toBe(unavailable);
  expect(unavailable ? (failed as Error).cause : failed).toBe(error);
});

test("calls of all ports wait together: claims and outbox are bounded with the sessions", async () => {
  const never = scripted(() => new Promise(() => {}));
  const stores = await openRecordStores({
    database: never,
    clock: new ManualClock(),
    callMsMax: 20,
    callsWaitingMax: 1,
  });
  const waiting = stores.sessions.get(ID);
  await expect(stores.claims.unfinished()).rejects.toThrow(/unfinished: 1 calls are waiting already/);
  await expect(stores.outbox.pending(ID)).rejects.toBeInstanceOf(StoreUnavailable);
  await expect(waiting).rejects.toThrow(/get.*20 ms/);
});
