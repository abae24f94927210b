/** The small machines of a connection: rate, outbox, room, resume text, close text. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { closeReasonNamed, closeReasonOf, closeText } from "#gateway/connection/closing.ts";
import type { Frame, StateContent } from "#gateway/connection/messages.ts";
import { Outbox } from "#gateway/connection/outbox.ts";
import { RateLimit } from "#gateway/connection/rate-limit.ts";
import { parseResume } from "#gateway/connection/resume.ts";
import { Room, type Viewer } from "#gateway/connection/room.ts";
import {
  EXCESS_MESSAGES_MAX,
  MESSAGES_BURST_MAX,
  MESSAGES_PER_SECOND_MAX,
  OUTBOX_BYTES_MAX,
  OUTBOX_EVENTS_MAX,
  PACE_EASE_MS,
  ROOM_BACKLOG_FRAMES_MAX,
  ROOM_SLICE_VIEWERS,
  SOCKET_BUFFERED_BYTES_MAX,
  STATE_SPARSE_MS,
} from "#gateway/limits.ts";
import { CLOSES, type CloseReason } from "#wire/close-codes.ts";
import { problem, REASONS, type Reason } from "#wire/problem.ts";
import { CountedFrame } from "./fixture.ts";

describe("rate", () => {
  test("the sustained rate is never refused, however long", () => {
    const rate = new RateLimit(0);
    for (let message = 1; message <= 10_000; message++) {
      expect(rate.handleMessage((message * 1000) / MESSAGES_PER_SECOND_MAX)).toBe("take");
    }
  });

  test("after the hinted wait the next message is taken", () => {
    const rate = new RateLimit(0);
    for (let message = 0; message < MESSAGES_BURST_MAX; message++) rate.handleMessage(0);
    expect(rate.handleMessage(0)).toBe("drop");
    expect(rate.handleMessage(rate.retryAfterMs())).toBe("take");
  });

  test("a little over the rate is dropped for ever but never closed, twice the rate is closed within seconds", () => {
    const verdictAt = (perSecond: number, seconds: number) => {
      const rate = new RateLimit(0);
      for (let message = 1; message <= perSecond * seconds; message++) {
        if (rate.handleMessage((message * 1000) / perSecond) === "close") return (message / perSecond) | 0;
      }
      return "stays";
    };
    expect(verdictAt(MESSAGES_PER_SECOND_MAX + 10, 600)).toBe("stays");
    expect(verdictAt(2 * MESSAGES_PER_SECOND_MAX, 60)).toBeLessThan(8);
  });

  test("a clock that stands still takes the burst, drops the excess, closes at the cap", () => {
    const rate = new RateLimit(0);
    const verdicts = Array.from({ length: MESSAGES_BURST_MAX + EXCESS_MESSAGES_MAX }, () => rate.handleMessage(0));
    expect(verdicts.indexOf("drop")).toBe(MESSAGES_BURST_MAX);
    expect(verdicts.indexOf("close")).toBe(MESSAGES_BURST_MAX + EXCESS_MESSAGES_MAX - 1);
  });
});

const FULL = SOCKET_BUFFERED_BYTES_MAX;

function state(frame: number, slots: readonly number[], keyframe = false): CountedFrame {
  const content: StateContent = {
    frame,
    unixMs: frame,
    tick: frame,
    keyframe,
    players: slots.map((slot) => ({ slot, from: frame })),
    rest: { matchMs: frame, ...(frame === 1 && { ground: "of frame 1" }) },
  };
  return new CountedFrame({ lane: "state", number: frame, state: content });
}

describe("outbox", () => {
  /** By then state may leave, whatever the pace. */
  const LATER = STATE_SPARSE_MS;

  test("a reader that keeps up is written to at once, and nothing is decoded for it", () => {
    const outbox = new Outbox("protobuf");
    const frames = [new CountedFrame(), state(2, [0])];
    expect(frames.map((frame) => outbox.handleFrame(frame, FULL - 1, 0))).toEqual(["write", "write"]);
    expect(frames.map(({ made }) => made)).toEqual([{}, {}]);
    expect(outbox.isStale()).toBe(false);
  });

  test("events come out in order, then one state with the newest of every player and of every other part", () => {
    const outbox = new Outbox("protobuf");
    const frames: Frame[] = [
      state(1, [0, 1]),
      new CountedFrame({ number: 2 }),
      state(3, [1, 2]),
      new CountedFrame({ number: 4 }),
    ];
    for (const frame of frames) expect(outbox.handleFrame(frame, FULL, 0)).toBe("kept");
    expect(outbox.poll(FULL, 0)).toBeNull();
    expect(outbox.poll(0, LATER)).toMatchObject({ kind: "bytes", bytes: new Uint8Array([2]) });
    expect(outbox.poll(0, LATER)).toMatchObject({ kind: "bytes", bytes: new Uint8Array([4]) });
    expect(outbox.poll(0, LATER)).toEqual({
      kind: "state",
      content: {
        frame: 3,
        unixMs: 3,
        tick: 3,
        keyframe: false,
        players: [
          { slot: 0, from: 1 },
          { slot: 1, from: 3 },
          { slot: 2, from: 3 },
        ],
        rest: { matchMs: 3, ground: "of frame 1" },
      },
    });
    expect(outbox.poll(0, LATER)).toBeNull();
    expect(outbox.isStale()).toBe(false);
    expect(outbox.handleFrame(new CountedFrame(), 0, LATER)).toBe("write");
  });

  test("a keyframe forgets players that are no more, and stays a keyframe", () => {
    const outbox = new Outbox("json");
    for (const frame of [state(1, [0, 1]), state(2, [1], true), state(3, [2])]) outbox.handleFrame(frame, FULL, 0);
    const item = outbox.poll(0, LATER);
    expect(item).toMatchObject({ kind: "state", content: { keyframe: true, frame: 3 } });
    expect(item?.kind === "state" && item.content.players.map(({ slot }) => slot)).toEqual([1, 2]);
  });

  test("while something waits nothing overtakes it, even if the socket has room again", () => {
    const outbox = new Outbox("json");
    outbox.handleFrame(new CountedFrame({ number: 1 }), FULL, 0);
    expect(outbox.handleFrame(new CountedFrame({ number: 2 }), 0, 0)).toBe("kept");
    expect([outbox.poll(0, LATER), outbox.poll(0, LATER)]).toMatchObject([
      { bytes: new Uint8Array([1]) },
      { bytes: new Uint8Array([2]) },
    ]);
  });

  test("of other state the newest is kept", () => {
    const outbox = new Outbox("json");
    for (const number of [1, 2]) outbox.handleFrame(new CountedFrame({ lane: "state", number }), FULL, 0);
    expect(outbox.poll(0, LATER)).toMatchObject({ bytes: new Uint8Array([2]) });
    expect(outbox.poll(0, LATER)).toBeNull();
  });

  test.each([
    { by: "bytes", size: OUTBOX_BYTES_MAX / 4, keptCount: 4 },
    { by: "number", size: 1, keptCount: OUTBOX_EVENTS_MAX },
  ])("events are bounded by $by; state is not counted against them", ({ size, keptCount }) => {
    const outbox = new Outbox("json");
    for (let frame = 0; frame < 10_000; frame++) outbox.handleFrame(state(frame, [0]), FULL, 0);
    for (let kept = 0; kept < keptCount; kept++)
      expect(outbox.handleFrame(new CountedFrame({ size }), FULL, 0)).toBe("kept");
    expect(outbox.handleFrame(new CountedFrame({ size }), FULL, 0)).toBe("overflow");
    outbox.poll(0, LATER);
    expect(outbox.handleFrame(new CountedFrame({ size }), FULL, 0)).toBe("kept");
  });

  test("a reader whose socket was full once gets state at half rate, later once a second, and all of it again when it kept up", () => {
    const outbox = new Outbox("json");
    const lefts = (fromMs: number, ms: number, isFull: (nowMs: number) => boolean) => {
      let left = 0;
      for (let nowMs = fromMs; nowMs < fromMs + ms; nowMs += 10) {
        const buffered = isFull(nowMs) ? FULL : 0;
        if (outbox.handleFrame(state(nowMs, [0]), buffered, nowMs) === "write") left += 1;
        if (outbox.poll(buffered, nowMs) !== null) left += 1;
      }
      return left;
    };
    expect(lefts(0, 1_000, () => false)).toBe(100);
    const half = lefts(1_000, 900, (nowMs) => nowMs === 1_000);
    expect(half).toBeGreaterThan(20);
    expect(half).toBeLessThanOrEqual(27);
    expect(lefts(2_010, 5_000, (nowMs) => nowMs === 2_010)).toBeLessThanOrEqual(6);
    lefts(7_010, 2 * PACE_EASE_MS, () => false);
    expect(outbox.isDone()).toBe(true);
    expect(lefts(30_000, 1_000, () => false)).toBe(100);
  });

  test("however a reader stalls, it has every event in order, and the newest of everybody in the end", () => {
    const step = fc.record({
      slot: fc.nat({ max: 3 }),
      isEvent: fc.boolean(),
      isFull: fc.boolean(),
      ms: fc.nat({ max: 700 }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 80 }), (steps) => {
        const outbox = new Outbox("json");
        const shown = new Map<number, number>();
        const events: number[] = [];
        const show = (content: StateContent) => {
          for (const player of content.players) shown.set(player.slot, (player as unknown as { from: number }).from);
        };
        const drain = (buffered: number, nowMs: number) => {
          for (let item = outbox.poll(buffered, nowMs); item !== null; item = outbox.poll(buffered, nowMs)) {
            if (item.kind === "state") show(item.content);
            else events.push(item.bytes[0]!);
          }
        };
        const newest = new Map<number, number>();
        let nowMs = 0;
        let told = 0;
        steps.forEach(({ slot, isEvent, isFull, ms }, index) => {
          nowMs += ms;
          const number = index + 1;
          const frame = isEvent ? new CountedFrame({ number }) : state(number, [slot]);
          if (isEvent) told += 1;
          else newest.set(slot, number);
          const verdict = outbox.handleFrame(frame, isFull ? FULL : 0, nowMs);
          if (verdict === "write" && isEvent) events.push(number);
          else if (verdict === "write") show(frame.state()!);
          drain(isFull ? FULL : 0, nowMs);
        });
        drain(0, nowMs + STATE_SPARSE_MS);
        expect(shown).toEqual(newest);
        expect(events).toEqual(events.toSorted((left, right) => left - right));
        expect(events).toHaveLength(told);
      }),
    );
  });
});

describe("room", () => {
  const viewer = (format: Viewer["format"], isSpectator = false) => {
    const got: Uint8Array[] = [];
    return { format, isSpectator, got, deliver: (_frame: Frame, bytes: Uint8Array) => void got.push(bytes) };
  };
  const planned: (() => void)[] = [];
  const later = (work: () => void) => void planned.push(work);
  const crowd = (count: number) => Array.from({ length: count }, () => viewer("protobuf", true));

  test("a frame is made once per format that somebody reads, and all get the same bytes", () => {
    const room = new Room("s", later);
    const members = [viewer("json"), viewer("json"), viewer("protobuf"), viewer("protobuf")];
    for (const member of members) room.enter(member);
    const frame = new CountedFrame();
    expect(room.broadcast(frame)).toBeNull();
    expect(frame.made).toEqual({ json: 1, protobuf: 1 });
    expect(members[0]?.got[0]).toBe(members[1]?.got[0]);
    const unread = new CountedFrame();
    for (const member of members.slice(0, 2)) room.leave(member);
    room.broadcast(unread);
    expect(unread.made).toEqual({ protobuf: 1 });
    expect(members.map(({ got }) => got.length)).toEqual([1, 1, 2, 2]);
  });

  test("a format that cannot be made costs only its own readers", () => {
    const room = new Room("s", later);
    const [text, binary] = [viewer("json"), viewer("protobuf")];
    room.enter(text);
    room.enter(binary);
    const frame = new CountedFrame();
    const broken = Object.assign(Object.create(frame), {
      framed: (format: Viewer["format"]) => {
        if (format === "json") throw new Error("no such text");
        return frame.framed(format);
      },
    });
    expect(room.broadcast(broken)).toMatchObject({ format: "json" });
    expect([text.got.length, binary.got.length]).toEqual([0, 1]);
    expect(room.membersOf("json")).toEqual([text]);
  });

  test("a crowd of spectators gets a frame in slices, players at once; all get all frames in order", () => {
    const room = new Room("s", later);
    const [player, ...spectators] = [viewer("protobuf"), ...crowd(4 * ROOM_SLICE_VIEWERS)];
    for (const member of [...spectators, player]) room.enter(member);
    const frames = [1, 2, 3].map((number) => new CountedFrame({ number }));
    for (const frame of frames) room.broadcast(frame);
    expect(player.got.map(([number]) => number)).toEqual([1, 2, 3]);
    expect(spectators.at(-1)?.got).toEqual([]);
    for (let work = planned.shift(); work !== undefined; work = planned.shift()) {
      const before = spectators.reduce((sum, { got }) => sum + got.length, 0);
      work();
      expect(spectators.reduce((sum, { got }) => sum + got.length, 0) - before).toBeLessThanOrEqual(ROOM_SLICE_VIEWERS);
    }
    for (const { got } of spectators) expect(got.map(([number]) => number)).toEqual([1, 2, 3]);
  });

  test("nobody enters or leaves a crowd between two slices of a frame", () => {
    const room = new Room("s", later);
    const [first, ...rest] = crowd(2 * ROOM_SLICE_VIEWERS);
    for (const member of [first!, ...rest]) room.enter(member);
    room.broadcast(new CountedFrame());
    const comer = viewer("protobuf", true);
    room.enter(comer);
    expect([rest.at(-1)?.got.length, comer.got.length]).toEqual([1, 0]);
    room.broadcast(new CountedFrame());
    room.leave(rest.at(-1)!);
    expect([rest.at(-1)?.got.length, comer.got.length]).toEqual([2, 1]);
  });

  test("what is for one spectator alone has its place among the frames, and serves nobody else", () => {
    const room = new Room("s", later);
    const spectators = crowd(3 * ROOM_SLICE_VIEWERS);
    for (const member of spectators) room.enter(member);
    room.broadcast(new CountedFrame({ number: 1 }));
    const [first, last] = [spectators[0]!, spectators.at(-1)!];
    room.unicast(last, new CountedFrame({ number: 2 }));
    room.broadcast(new CountedFrame({ number: 3 }));
    expect(last.got).toEqual([]);
    room.catchUp();
    expect(last.got.map(([number]) => number)).toEqual([1, 2, 3]);
    expect(first.got.map(([number]) => number)).toEqual([1, 3]);
    room.unicast(first, new CountedFrame({ number: 4 }));
    expect(first.got.at(-1)?.[0], "at once, where nothing waits").toBe(4);
  });

  test("who falls behind everything is given it in one turn", () => {
    const room = new Room("s", later);
    const spectators = crowd(20 * ROOM_SLICE_VIEWERS);
    for (const member of spectators) room.enter(member);
    const frames = ROOM_BACKLOG_FRAMES_MAX + 1;
    for (let frame = 0; frame < frames; frame++) room.broadcast(new CountedFrame());
    expect(spectators.map(({ got }) => got.length)).toEqual(spectators.map(() => frames));
  });

  test("spectators who leave because of a frame take nothing from the others", () => {
    const room = new Room("s", later);
    const spectators = crowd(10);
    for (const member of spectators) {
      member.deliver = (_frame, bytes) => {
        member.got.push(bytes);
        room.leave(member);
      };
      room.enter(member);
    }
    room.broadcast(new CountedFrame());
    expect(spectators.map(({ got }) => got.length)).toEqual(spectators.map(() => 1));
  });

  test("one who enters twice gets a frame once", () => {
    const room = new Room("s", later);
    const member = viewer("json");
    room.enter(member);
    room.enter(member);
    room.broadcast(new CountedFrame());
    expect(member.got.length).toBe(1);
    expect(room.count()).toBe(1);
  });
});

test.each([
  { text: "1.2", read: { epoch: 1, frame: 2 } },
  { text: "0.0", read: { epoch: 0, frame: 0 } },
  { text: "4294967295.4294967295", read: { epoch: 4294967295, frame: 4294967295 } },
  ...["", "1", "1.", ".1", "1.2.3", "-1.2", "01.2", "1.2e3", "1,2", " 1.2", "4294967296.1", "1.99999999999", "١.٢"].map(
    (text) => ({ text, read: null }),
  ),
])("resume '$text' reads as $read", ({ text, read }) => {
  expect(parseResume(text)).toEqual(read);
});

describe("closing", () => {
  const reasons = Object.keys(CLOSES) as CloseReason[];

  test.each(reasons)("%s: says when to come back exactly if the table says come back, within 123 bytes", (reason) => {
    const asksBack = CLOSES[reason].reconnect;
    for (const chance of [0, 0.5, 1]) {
      const text = closeText(reason, chance);
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(123);
      const said = JSON.parse(text);
      expect(said.reason).toBe(reason);
      expect(Number.isInteger(said.retry_after_ms)).toBe(asksBack);
    }
  });

  test("hints differ by chance, so that clients do not come all at once", () => {
    expect(closeText("draining", 0)).not.toBe(closeText("draining", 1));
  });

  test("combat's names are the table's; others count as internal", () => {
    for (const reason of reasons) expect(closeReasonNamed(reason)).toBe(reason);
    for (const name of ["", "newer", "__proto__", "toString"]) expect(closeReasonNamed(name)).toBe("internal");
  });

  test("a refusal that may pass asks back, one that stays does not", () => {
    const final = new Set(["SESSION_NOT_FOUND", "NOT_FOUND", "FORBIDDEN", "PARTICIPANT_NOT_FOUND", "UNAUTHENTICATED"]);
    final.add("INVALID_STATE_TRANSITION");
    for (const error of Object.keys(REASONS) as Reason[]) {
      expect(CLOSES[closeReasonOf(problem(error, ""))].reconnect).toBe(!final.has(error));
    }
  });
});
