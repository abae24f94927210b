/** A recording of a living world plays again to the same world; what differs is found at its tick, by name. */
import { describe, expect, test } from "vitest";
import { MAPS } from "#combat/sim/content.ts";
import { hashWorld } from "#combat/sim/hash.ts";
import { InputWriter, readInputs } from "#combat/sim/input-bytes.ts";
import type { Move, Order, StepInput } from "#combat/sim/inputs.ts";
import { RECORDED_PART_BYTES_MAX } from "#combat/sim/limits.ts";
import { applyMove } from "#combat/sim/movement.ts";
import { packWorld, unpackWorld } from "#combat/sim/packed-world.ts";
import type { RecordedEntry } from "#combat/sim/record.ts";
import { type RecordedPart, Recorder } from "#combat/sim/recorder.ts";
import { Replay } from "#combat/sim/replay.ts";
import { decide, step } from "#combat/sim/step.ts";
import { createWorld, type World } from "#combat/sim/world.ts";
import { createRng, nextBelow } from "#kit/rng.ts";
import { MATCHES, type MatchName, playMatch } from "../../../golden/script.ts";

type Recorded = { parts: RecordedPart[]; hashes: string[]; world: World };

/** Plays a golden match's inputs through a recorder that is cut at drawn moments, between any two inputs. */
function recordMatch(name: MatchName, seed = 1): Recorded {
  const { recording } = playMatch(name);
  const map = MAPS[recording.mapId]!;
  const world = createWorld({ rules: recording.rules, map, seed: recording.seed });
  const recorder = new Recorder(world);
  const rng = createRng(seed);
  const hashes: string[] = [];
  const tick = (inputs: readonly StepInput[]) => {
    recorder.handleStep(inputs);
    recorder.handleStepped(step(world, inputs));
    hashes.push(hashWorld(world));
  };
  for (const entry of recording.entries) {
    if (nextBelow(rng, 2_000) === 0) recorder.cut();
    enter(entry, { world, recorder, tick });
  }
  recorder.end("over");
  return { parts: recorder.pollParts(), hashes, world };
}

type Into = { world: World; recorder: Recorder; tick: (inputs: readonly StepInput[]) => void };

function enter(entry: RecordedEntry, { world, recorder, tick }: Into): void {
  if (typeof entry === "number") for (let idle = 0; idle < entry; idle++) tick([]);
  else if ("length" in entry) tick(entry);
  else if ("kind" in entry) {
    recorder.handleOrder(entry);
    decide(world, entry);
  } else {
    recorder.handleMove(entry);
    applyMove(world, entry);
  }
}

function replayed(parts: readonly RecordedPart[]) {
  const hashes: string[] = [];
  const replay = new Replay({ onTick: (world) => hashes.push(hashWorld(world)) });
  for (const part of parts) replay.play(part);
  return { hashes, difference: replay.difference, world: replay.world! };
}

describe.each(Object.keys(MATCHES) as MatchName[])("a recorded %s", (name) => {
  const recorded = recordMatch(name);

  test("replays to the same hash at every tick, and no check finds a difference", () => {
    expect(recorded.parts.length).toBeGreaterThan(5);
    const { hashes, difference } = replayed(recorded.parts);
    expect(difference).toBeNull();
    expect(hashes).toEqual(recorded.hashes);
  });

  test("has the worlds in its middle as parts of their own, without inputs, given out with what came before", () => {
    const { parts } = recorded;
    const between = parts.filter(({ world, number, end }) => world !== null && number > 0 && end === null);
    expect(between.length).toBeGreaterThan(0);
    for (const { number, inputs, firstTick, lastTick } of between) {
      expect({ bytes: inputs.length, firstTick, lastTick }).toEqual({
        bytes: 0,
        firstTick: parts[number - 1]!.lastTick,
        lastTick: parts[number + 1]!.firstTick,
      });
    }
  });

  test("is entered at each part that begins with a world, and is the same from there on", () => {
    const begins = recorded.parts.flatMap(({ world }, at) => (world === null ? [] : [at]));
    expect(begins.length).toBeGreaterThan(1);
    begins.splice(1, begins.length - 3); // The first and the last two say enough.
    for (const at of begins) {
      const { hashes, difference } = replayed(recorded.parts.slice(at));
      expect(difference).toBeNull();
      expect(hashes).toEqual(recorded.hashes.slice(recorded.parts[at]!.firstTick));
    }
  });

  test("is played up to any tick", () => {
    const rng = createRng(3);
    for (let tries = 0; tries < 2; tries++) {
      const tick = 1 + nextBelow(rng, recorded.hashes.length);
      const replay = new Replay();
      for (const part of recorded.parts) if (part.firstTick < tick) replay.play(part, tick);
      expect(replay.world?.tick).toBe(tick);
      expect(hashWorld(replay.world!)).toBe(recorded.hashes[tick - 1]);
    }
  });
});

test("a world whose numbers are listed, as the first format had them, is the same world", () => {
  const { recording } = playMatch("deathmatch");
  const world = createWorld({ rules: recording.rules, map: MAPS[recording.mapId]!, seed: recording.seed });
  for (const entry of recording.entries.slice(0, 2_000)) {
    if (typeof entry === "number") continue;
    if ("length" in entry) step(world, entry);
    else if ("kind" in entry) decide(world, entry);
    else applyMove(world, entry);
  }
  let listed = 0;
  const first = JSON.stringify(JSON.parse(packWorld(world)), (_, value: unknown) => {
    if (typeof value !== "object" || value === null || !("bytes" in value) || !("$numbers" in value)) return value;
    expect(value.$numbers).toBe("Int32Array");
    listed += 1;
    return { $numbers: value.$numbers, of: [...new Int32Array(Uint8Array.fromBase64(String(value.bytes)).buffer)] };
  });
  expect(listed).toBeGreaterThan(0);
  expect(unpackWorld(first)).toEqual(unpackWorld(packWorld(world)));
  expect(unpackWorld(first).history).toEqual(world.history);
});

test("a world that was packed goes on as the one it was made of", () => {
  const { recording } = playMatch("deathmatch");
  const map = MAPS[recording.mapId]!;
  let world = createWorld({ rules: recording.rules, map, seed: recording.seed });
  const hashes: string[] = [];
  for (const entry of recording.entries) {
    if (typeof entry === "number") continue;
    if ("length" in entry) {
      step(world, entry);
      world = unpackWorld(packWorld(world));
      hashes.push(hashWorld(world));
    } else if ("kind" in entry) decide(world, entry);
    else applyMove(world, entry);
    if (hashes.length > 600) break;
  }
  const plain = createWorld({ rules: recording.rules, map, seed: recording.seed });
  const expected: string[] = [];
  for (const entry of recording.entries) {
    if (typeof entry === "number") continue;
    if ("length" in entry) {
      step(plain, entry);
      expected.push(hashWorld(plain));
    } else if ("kind" in entry) decide(plain, entry);
    else applyMove(plain, entry);
    if (expected.length > 600) break;
  }
  expect(hashes).toEqual(expected);
});

/** The same part with other inputs. */
function changed(part: RecordedPart, change: (entry: RecordedEntry | null) => RecordedEntry | null): RecordedPart {
  const writer = new InputWriter();
  for (const entry of readInputs(part.inputs)) {
    if (entry.kind === "move") {
      const move = change(entry.move) as Move | null;
      if (move !== null) writer.move(move);
    } else if (entry.kind === "order") writer.order(entry.order);
    else if (entry.kind === "inputs") writer.step(change(entry.inputs) as StepInput[]);
    else if (entry.kind === "ticks") for (let idle = 0; idle < entry.count; idle++) writer.step([]);
    else if (entry.kind === "pulse") writer.pulseIs(entry.pulse);
    else writer.hash(entry.hash);
  }
  return { ...part, inputs: writer.take() };
}

describe("what differs is found", () => {
  const { parts } = recordMatch("team_deathmatch");

  test("a move by one centimetre: at its tick, by its field", () => {
    let done: Move | null = null;
    const others = parts.map((part, at) => {
      if (at !== 1) return part;
      return changed(part, (entry) => {
        if (done !== null || entry === null || typeof entry === "number" || "length" in entry) return entry;
        if ("kind" in entry) return entry;
        done = entry;
        return { ...entry, seq: entry.seq + 1, position: { ...entry.position, x: entry.position.x + 1 } };
      });
    });
    const { difference } = replayed(others);
    const tick = parts[1]!.firstTick + 1;
    expect(difference).toMatchObject({ tick, alikeAtTick: tick - 1, lanes: expect.arrayContaining(["position"]) });
  });

  test("an action that is missing: within its second, and its fields at the next recorded world", () => {
    const others = parts.map((part, at) => {
      if (at !== 2) return part;
      return changed(part, (entry) => (entry !== null && typeof entry === "object" && "length" in entry ? [] : entry));
    });
    const { difference } = replayed(others);
    expect(difference?.tick).toBeGreaterThan(parts[2]!.firstTick);
    expect(difference?.tick).toBeLessThanOrEqual(parts[2]!.lastTick);
    expect(difference?.fieldsAtTick).toBeGreaterThan(difference!.tick);
    expect(difference?.fields.map(({ field }) => field)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^fighters\[\d+\]\./)]),
    );
  });

  test("a field that no pulse feels: by the hash of its second, and by name", () => {
    const world = unpackWorld(parts[0]!.world!);
    world.rules.respawnMs += 1;
    const { difference } = replayed([{ ...parts[0]!, world: packWorld(world) }, ...parts.slice(1)]);
    expect(difference?.tick).toBeLessThanOrEqual(30);
    expect(difference?.fields[0]).toEqual({ field: "rules.respawnMs", one: 1_500, other: 1_501 });
  });
});

describe("inputs as bytes", () => {
  const MOVE: Move = {
    slot: 3,
    seq: 7,
    position: { x: 1_234, y: -5, z: 0 },
    yaw: 35_999,
    pitch: -8_999,
    stance: "crouch",
    atMs: 1_001,
    claimedMs: 950,
    rttMs: 48,
  };
  const FEATURED = { ...MOVE, jump: true, glide: { power: 1.5, tags: ["a", "ß"] } } as Move;

  test.each<{ name: string; move: Move }>([
    { name: "whole", move: MOVE },
    {
      name: "without all that may be missing",
      move: { ...MOVE, yaw: null, pitch: null, stance: null, claimedMs: null, rttMs: null },
    },
    {
      name: "standing, up high, uncounted",
      move: { ...MOVE, seq: 0, stance: "stand", position: { x: 0, y: 0, z: 900 } },
    },
    { name: "claimed in the future", move: { ...MOVE, claimedMs: 2_000 } },
    { name: "with great numbers", move: { ...MOVE, seq: 4_294_967_295, atMs: 2 ** 45, claimedMs: 2 ** 45 - 3 } },
    { name: "not whole", move: { ...MOVE, position: { x: 0.5, y: 1e308, z: -0.25 }, rttMs: 12.75 } },
    { name: "with fields that are new", move: FEATURED },
    { name: "with a stance that is new", move: { ...MOVE, stance: "prone" as Move["stance"] } },
  ])("a move that is $name comes back as it was", ({ move }) => {
    const writer = new InputWriter();
    const moves = [MOVE, move, { ...move, slot: 0 }, MOVE];
    for (const each of moves) writer.move(each);
    expect([...readInputs(writer.take())]).toEqual(moves.map((each) => ({ kind: "move", move: each })));
  });

  test("orders and inputs of any kind come back as they were, in order, with ticks between", () => {
    const order: Order = { kind: "rules", maxRounds: 3, timeLimitMs: 60_000 };
    const inputs = [
      {
        kind: "action",
        slot: 1,
        seq: 2,
        id: 3,
        atMs: 4,
        claimedMs: null,
        rttMs: 5.5,
        do: { type: "new", deep: { a: [1] } },
      },
      { kind: "end", cause: "cancelled" },
    ] as unknown as StepInput[];
    const writer = new InputWriter();
    writer.step([]);
    writer.step([]);
    writer.order(order);
    writer.step(inputs);
    writer.hash("00ff10a0deadbeef");
    writer.step([]);
    expect([...readInputs(writer.take())]).toEqual([
      { kind: "ticks", count: 2 },
      { kind: "order", order },
      { kind: "inputs", inputs },
      { kind: "hash", hash: "00ff10a0deadbeef" },
      { kind: "ticks", count: 1 },
    ]);
  });

  test("drawn moves come back as they were", () => {
    const rng = createRng(99);
    const draw = (below: number) => nextBelow(rng, below);
    const moves = Array.from({ length: 5_000 }, (): Move => {
      const maybe = (value: number) => (draw(3) === 0 ? null : value);
      const position = { x: draw(20_000) - 9_000, y: draw(20_000), z: draw(4) * draw(500) };
      const stance = ([null, "stand", "crouch"] as const)[draw(3)]!;
      const looks = { yaw: maybe(draw(72_000) - 36_000), pitch: maybe(draw(18_000) - 9_000), stance };
      const times = { atMs: draw(1_000_000), claimedMs: maybe(draw(1_000_000)), rttMs: maybe(draw(500)) };
      return { slot: draw(50), seq: draw(2_000_000), position, ...looks, ...times };
    });
    const writer = new InputWriter();
    for (const move of moves) writer.move(move);
    expect([...readInputs(writer.take())].map((entry) => entry.kind === "move" && entry.move)).toEqual(moves);
  });

  test.each([
    { name: "cut off", bytes: [1] },
    { name: "of a kind that is not known", bytes: [7] },
    { name: "of an endless number", bytes: Array.from({ length: 12 }, () => 0xff) },
    { name: "of text that is none", bytes: [2 + 8 * 2, 0xff, 0xff] },
    { name: "longer than there is", bytes: [2 + 8 * 9, 0x7b] },
  ])("bytes that are $name are refused", ({ bytes }) => {
    expect(() => [...readInputs(Uint8Array.from(bytes))]).toThrow();
  });
});

describe("a recorder", () => {
  function begun(name: MatchName = "deathmatch"): { world: World; recorder: Recorder } {
    const { recording } = playMatch(name);
    const world = createWorld({ rules: recording.rules, map: MAPS[recording.mapId]!, seed: 1 });
    return { world, recorder: new Recorder(world) };
  }

  test("cuts a part by itself after the tick that made it too large", () => {
    const { world, recorder } = begun();
    const move: Move = {
      slot: 0,
      seq: 1,
      position: { x: 0, y: 0, z: 0 },
      yaw: null,
      pitch: null,
      stance: null,
      atMs: 0,
      claimedMs: null,
      rttMs: null,
    };
    for (let count = 0; count < RECORDED_PART_BYTES_MAX / 4; count++) recorder.handleMove(move);
    expect(recorder.pollParts()).toEqual([]);
    recorder.handleStep([]);
    recorder.handleStepped(step(world, []));
    expect(recorder.pollParts()).toMatchObject([{ number: 0, firstTick: 0, lastTick: 1, end: null }]);
  });

  /** Nothing goes in for so long. */
  function pass({ world, recorder }: ReturnType<typeof begun>, seconds: number): void {
    let still = false;
    for (let tick = 0; tick < seconds * world.rules.tickRateHz; tick++) {
      recorder.handleStep([]);
      const stepped = step(world, [], still);
      still = stepped.still;
      recorder.handleStepped(stepped);
    }
  }

  function start({ world, recorder }: ReturnType<typeof begun>): void {
    recorder.handleOrder({ kind: "start" });
    decide(world, { kind: "start" });
  }

  function hashesOfPart({ recorder }: ReturnType<typeof begun>): number {
    recorder.cut();
    const [part] = recorder.pollParts();
    return [...readInputs(part!.inputs)].filter(({ kind }) => kind === "hash").length;
  }

  test("hashes a world that stands still once a part, and again in the second after something went in", () => {
    const one = begun();
    pass(one, 10);
    expect(hashesOfPart(one)).toBe(1);
    pass(one, 10);
    start(one);
    pass(one, 10);
    expect(hashesOfPart(one)).toBe(2);
  });

  test("hashes a world with objectives each second: time counts there without a word", () => {
    const one = begun("king_of_the_hill");
    start(one);
    pass(one, 10);
    expect(hashesOfPart(one)).toBe(10);
  });

  test("takes nothing more once it has ended, and its last part says why, with the world as it was", () => {
    const { world, recorder } = begun();
    recorder.end("full");
    recorder.handleStep([]);
    recorder.handleStepped(step(world, []));
    recorder.end("over");
    const parts = recorder.pollParts();
    expect(parts).toMatchObject([{ number: 0, firstTick: 0, lastTick: 0, end: "full" }]);
    expect(unpackWorld(parts[0]!.world!).tick).toBe(0);
  });

  test("that missed a tick is a broken promise", () => {
    const { world, recorder } = begun();
    step(world, []);
    expect(() => recorder.handleStep([])).toThrow("misses no tick");
  });
});
