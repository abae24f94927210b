import { expect, test } from "vitest";
import { FIRST_MAP, MAPS } from "#combat/sim/content.ts";
import { hashWorld } from "#combat/sim/hash.ts";
import type { Move, Order, StepInput } from "#combat/sim/inputs.ts";
import { RECORDING_ENTRIES_MAX } from "#combat/sim/limits.ts";
import { applyMove } from "#combat/sim/movement.ts";
import { type Recording, recordMove, recordOrder, recordStep, replay, startRecording } from "#combat/sim/record.ts";
import { decide, step } from "#combat/sim/step.ts";
import { createWorld, type Rules, type World } from "#combat/sim/world.ts";
import { STILL } from "./arena.ts";

const RULES: Rules = {
  mode: "team_deathmatch",
  tickRateHz: 30,
  maxRounds: 2,
  timeLimitMs: 60_000,
  scoreLimit: 2,
  respawnMs: 100,
  friendlyFire: false,
};

const SEATS: Order[] = [{ kind: "add", slot: 0, side: 0 }, { kind: "add", slot: 1, side: 1 }, { kind: "start" }];

function begin(): { world: World; recording: Recording } {
  const world = createWorld({ rules: RULES, map: MAPS[FIRST_MAP]!, seed: 11 });
  return { world, recording: startRecording({ rules: RULES, mapId: FIRST_MAP, seed: 11 }) };
}

function tick({ world, recording }: { world: World; recording: Recording }, inputs: StepInput[] = []): void {
  recordStep(recording, world, inputs);
  step(world, inputs);
}

function moveTo(x: number, rest: Partial<Move> = {}): Move {
  const position = { x, y: 5_500, z: 0 };
  return { slot: 0, seq: 1, position, ...STILL, yaw: 10, atMs: 100, ...rest };
}

test("a recording replays to the same hash at every tick, also after JSON", () => {
  const match = begin();
  const hashes: string[] = [];
  const go = (inputs: StepInput[] = []) => {
    tick(match, inputs);
    hashes.push(hashWorld(match.world));
  };
  const moveBy = (dx: number, rest: Partial<Move> = {}) => {
    const { x, y, z } = match.world.fighters[0]!.position;
    const move = moveTo(0, { position: { x: x + dx, y, z }, atMs: match.world.nowMs, ...rest });
    recordMove(match.recording, match.world, move);
    applyMove(match.world, move);
  };
  go(SEATS);
  go();
  moveBy(20);
  moveBy(9_999); // Refused, but acknowledged: it belongs to the record.
  moveBy(Number.NaN, { seq: 77 });
  go();
  go();
  const blow = { kind: "damage", id: 1, by: 0, target: 1, damage: 20_000, damageType: "melee", weapon: null } as const;
  go([{ ...blow, headshot: false }]);
  for (let idle = 0; idle < 50; idle++) go();

  for (const recording of [match.recording, JSON.parse(JSON.stringify(match.recording)) as Recording]) {
    const replayed: string[] = [];
    const world = replay(recording, (each) => replayed.push(hashWorld(each)));
    expect(replayed).toEqual(hashes);
    expect(world.fighters[0]).toMatchObject({ lastInput: 77, kills: 1 });
  }
  expect(match.recording.entries.length).toBeLessThan(12); // Ticks without input are counted, not listed.
});

test("orders between two ticks replay between the same two ticks, also after JSON", () => {
  const match = begin();
  const hashes: string[] = [];
  const order = (given: Order) => {
    recordOrder(match.recording, match.world, given);
    decide(match.world, given);
  };
  for (const seat of SEATS) order(seat);
  for (const given of [
    { kind: "add", slot: 2, side: 0 },
    { kind: "round", round: 2 },
  ] satisfies Order[]) {
    tick(match);
    hashes.push(hashWorld(match.world));
    order(given);
  }
  tick(match);
  hashes.push(hashWorld(match.world));
  for (const recording of [match.recording, JSON.parse(JSON.stringify(match.recording)) as Recording]) {
    const replayed: string[] = [];
    replay(recording, (each) => replayed.push(hashWorld(each)));
    expect(replayed).toEqual(hashes);
  }
});

test("what the caller does to its arrays later does not change what was recorded", () => {
  const match = begin();
  const inputs = [...SEATS];
  tick(match, inputs);
  inputs.length = 0;
  expect(replay(match.recording).fighters).toHaveLength(2);
});

test("at its cap a recording stops, says where, and keeps what it has", () => {
  const match = begin();
  tick(match, SEATS);
  tick(match);
  const expected = hashWorld(match.world);
  while (match.recording.entries.length < RECORDING_ENTRIES_MAX) match.recording.entries.push(moveTo(Number.NaN));
  recordMove(match.recording, match.world, moveTo(1));
  tick(match);
  tick(match, [{ kind: "end", cause: "cancelled" }]);
  expect(match.recording).toMatchObject({ stoppedAtTick: 2, ticks: 2 });
  expect(match.recording.entries).toHaveLength(RECORDING_ENTRIES_MAX);
  match.recording.entries.length = 2;
  expect(hashWorld(replay(match.recording))).toBe(expected);
});

test("a recording that missed a tick is a broken promise", () => {
  const match = begin();
  step(match.world, []);
  expect(() => recordStep(match.recording, match.world, SEATS)).toThrow("misses no tick");
});

test("a recording of a map that is not there is not played", () => {
  expect(() => replay(startRecording({ rules: RULES, mapId: "nowhere", seed: 1 }))).toThrow("map");
});
