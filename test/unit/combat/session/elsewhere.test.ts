/** Elsewhere: who asks for a session that lives with another instance is told where; many who ask at once cost one read. */
import { expect, test } from "vitest";
import { Elsewhere } from "#combat/session/elsewhere.ts";
import { StoreUnavailable } from "#combat/stores/session-store.ts";
import { systemClock } from "#kit/clock.ts";
import { sessionRecord } from "../../../contract/session-record.ts";

const RECORD = sessionRecord();

function elsewhere(address: string | null, get: () => Promise<typeof RECORD | null> = async () => RECORD): Elsewhere {
  const addressOf = (owner: string) => (owner === RECORD.owner ? address : null);
  return new Elsewhere({ sessions: { get }, watch: { addressOf }, clock: systemClock });
}

test("the owner's address is told while it lives", async () => {
  const answer = await elsewhere("there:1").problemFor(RECORD.id);
  expect(answer).toMatchObject({ error: "UNAVAILABLE", details: { served_at: "there:1", session_id: RECORD.id } });
});

test("between two owners it is told to come again", async () => {
  const answer = await elsewhere(null).problemFor(RECORD.id);
  expect(answer).toMatchObject({ error: "UNAVAILABLE", details: { retry_after_ms: 1000 } });
  expect(answer.details).not.toHaveProperty("served_at");
});

test("what nobody knows is not found, and what is over has no owner to go to", async () => {
  expect(await elsewhere("there:1", async () => null).problemFor(RECORD.id)).toMatchObject({
    error: "SESSION_NOT_FOUND",
  });
  const over = await elsewhere("there:1", async () => ({ ...RECORD, status: "ended" })).problemFor(RECORD.id);
  expect(over).toMatchObject({ error: "INVALID_STATE_TRANSITION", details: { status: "ended" } });
  expect(over.details).not.toHaveProperty("served_at");
});

test("many at once cost one read, and the next one another", async () => {
  let reads = 0;
  const where = elsewhere("there:1", async () => {
    reads += 1;
    return RECORD;
  });
  await Promise.all(Array.from({ length: 20 }, () => where.problemFor(RECORD.id)));
  expect(reads).toBe(1);
  await where.problemFor(RECORD.id);
  expect(reads).toBe(2);
});

test("records that are away are no answer, and are asked again", async () => {
  const answers = [Promise.reject(new StoreUnavailable("away")), Promise.resolve(RECORD)];
  const where = elsewhere("there:1", () => answers.shift()!);
  await expect(where.problemFor(RECORD.id)).rejects.toBeInstanceOf(StoreUnavailable);
  expect((await where.problemFor(RECORD.id)).details["served_at"]).toBe("there:1");
});
