/**
 * Contract of EventSink: what every adapter must hold, run over each of them by a *.test.ts beside this file.
 * Not here: what one adapter alone promises (test/unit/combat/stores).
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { EventSink, OutgoingEvent } from "#combat/stores/event-sink.ts";
import { StoreUnavailable } from "#combat/stores/session-store.ts";

export type SinkUnderTest = {
  sink: EventSink;
  /** Everything that is stored just now, in order. */
  stored(): Promise<OutgoingEvent[]>;
  /** Closes the sink and opens it again; puts it in `sink`. */
  restart(): Promise<void>;
  /** Closes and removes everything. */
  end(): Promise<void>;
};

export function outgoing(key: string, number: number, value: OutgoingEvent["value"] = { number }): OutgoingEvent {
  return { eventId: `${key}-${number}`, eventType: "combat.session.started", topic: "combat.session", key, value };
}

export function eventSinkContract(adapter: string, open: () => Promise<SinkUnderTest>): void {
  describe(`${adapter} as EventSink`, () => {
    let under: SinkUnderTest;
    beforeEach(async () => {
      under = await open();
    });
    afterEach(() => under.end());

    test("what a call resolved for is stored, whole", async () => {
      const value = { text: 'line\nbreak, \u2028, 🗝 and "quotes"', number: -1.5, list: [null, true, { deep: "" }] };
      await under.sink.publish([outgoing("a", 1, value)]);
      expect(await under.stored()).toEqual([outgoing("a", 1, value)]);
    });

    test("records of one key stay in order, over calls that do not wait for each other", async () => {
      const calls = Array.from({ length: 200 }, (_, index) =>
        under.sink.publish([outgoing("a", 2 * index), outgoing(index % 2 ? "a" : "b", 2 * index + 1)]),
      );
      await Promise.all(calls);
      const stored = await under.stored();
      expect(stored).toHaveLength(400);
      for (const key of ["a", "b"]) {
        const numbers = stored.filter((event) => event.key === key).map((event) => event.value["number"] as number);
        expect(numbers).toEqual([...numbers].sort((left, right) => left - right));
      }
    });

    test("no events are no call", async () => {
      await under.sink.publish([]);
      expect(await under.stored()).toEqual([]);
    });

    test("a restart keeps what was stored, and goes on behind it", async () => {
      await under.sink.publish([outgoing("a", 1), outgoing("a", 2)]);
      await under.restart();
      await under.sink.publish([outgoing("a", 3)]);
      expect((await under.stored()).map(({ eventId }) => eventId)).toEqual(["a-1", "a-2", "a-3"]);
    });

    test("closing waits for what is under way; after it a call is refused as UNAVAILABLE", async () => {
      const running = under.sink.publish([outgoing("a", 1)]);
      await under.sink.close();
      await running;
      await expect(under.sink.publish([outgoing("a", 2)])).rejects.toBeInstanceOf(StoreUnavailable);
      expect(await under.stored()).toHaveLength(1);
    });
  });
}
