/**
 * Contract of EventSink: what every adapter must hold, run over each of them by a *.test.ts (in test/services for those
 * that need a server).
 * Not here: what one adapter alone promises (test/unit/combat/stores, test/services).
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { EventSink, OutgoingEvent } from "#combat/stores/event-sink.ts";
import { StoreUnavailable } from "#combat/stores/session-store.ts";
import { EVENTS_TOPIC, VALIDATION_TOPIC } from "#combat/stores/topics.ts";

export type SinkUnderTest = {
  sink: EventSink;
  /** Everything that is stored just now, in order for each key. */
  stored(): Promise<Stored[]>;
  /** Closes the sink and opens it again; puts it in `sink`. */
  restart(): Promise<void>;
  /** Closes and removes everything. */
  end(): Promise<void>;
};

/** What every adapter keeps of an event; the value as text. */
export type Stored = { topic: string; key: string; eventId: string; eventType: string; value: string };

export type Outgoing = { readonly key: string; readonly number: number; readonly value?: unknown };

export function outgoing({ key, number, value = { number } }: Outgoing): OutgoingEvent {
  return {
    eventId: `${key}-${number}`,
    eventType: "combat.session.start",
    topic: EVENTS_TOPIC,
    key,
    atUnixMs: 1_750_000_000_000 + number,
    value: Buffer.from(JSON.stringify(value)),
    contentType: "application/json",
  };
}

function storedAs({ topic, key, eventId, eventType, value }: OutgoingEvent): Stored {
  return { topic, key, eventId, eventType, value: Buffer.from(value).toString() };
}

export function eventSinkContract(adapter: string, open: () => Promise<SinkUnderTest>): void {
  describe(`${adapter} as EventSink`, () => {
    let under: SinkUnderTest;
    beforeEach(async () => {
      under = await open();
    });
    afterEach(() => under.end());

    const publish = (...events: Outgoing[]) => under.sink.publish(events.map(outgoing));
    const storedIds = async (key: string) => {
      return (await under.stored()).filter((event) => event.key === key).map(({ eventId }) => eventId);
    };

    test("what a call resolved for is stored, whole", async () => {
      const value = { text: 'line\nbreak, \u2028, 🗝 and "quotes"', number: -1.5, list: [null, true, { deep: "" }] };
      const event = outgoing({ key: "a", number: 1, value });
      await under.sink.publish([event]);
      expect(await under.stored()).toEqual([storedAs(event)]);
    });

    test("values are bytes of any kind of buffer, and of a part of one", async () => {
      const whole = Buffer.from('xx{"number":1}xx');
      const value = new Uint8Array(whole.buffer, whole.byteOffset + 2, whole.length - 4);
      await under.sink.publish([{ ...outgoing({ key: "a", number: 1 }), value }]);
      expect((await under.stored()).map((event) => event.value)).toEqual(['{"number":1}']);
    });

    test("each event goes to its topic", async () => {
      const finding = { ...outgoing({ key: "a", number: 2 }), topic: VALIDATION_TOPIC };
      await under.sink.publish([outgoing({ key: "a", number: 1 }), finding]);
      const topics = new Map((await under.stored()).map(({ eventId, topic }) => [eventId, topic]));
      expect(topics).toEqual(
        new Map([
          ["a-1", EVENTS_TOPIC],
          ["a-2", VALIDATION_TOPIC],
        ]),
      );
    });

    test("records of one key stay in order, over calls that do not wait for each other", async () => {
      const calls = Array.from({ length: 200 }, (_, index) =>
        publish({ key: "a", number: 2 * index }, { key: index % 2 ? "a" : "b", number: 2 * index + 1 }),
      );
      await Promise.all(calls);
      const stored = await under.stored();
      expect(stored).toHaveLength(400);
      for (const key of ["a", "b"]) {
        const numbers = (await storedIds(key)).map((id) => Number(id.slice(2)));
        expect(numbers).toEqual(numbers.toSorted((left, right) => left - right));
      }
    });

    test("a call of many events is stored whole and in order", async () => {
      const events = Array.from({ length: 5_000 }, (_, number) => ({ key: "a", number }));
      await publish(...events);
      expect(await storedIds("a")).toEqual(events.map(({ number }) => `a-${number}`));
    });

    test("no events are no call", async () => {
      await under.sink.publish([]);
      expect(await under.stored()).toEqual([]);
    });

    test("a restart keeps what was stored, and goes on behind it", async () => {
      await publish({ key: "a", number: 1 }, { key: "a", number: 2 });
      await under.restart();
      await publish({ key: "a", number: 3 });
      expect(await storedIds("a")).toEqual(["a-1", "a-2", "a-3"]);
    });

    test("closing waits for what is under way; after it a call is refused as UNAVAILABLE", async () => {
      const running = publish({ key: "a", number: 1 });
      await under.sink.close();
      await running;
      await expect(publish({ key: "a", number: 2 })).rejects.toBeInstanceOf(StoreUnavailable);
      expect(await under.stored()).toHaveLength(1);
    });
  });
}
