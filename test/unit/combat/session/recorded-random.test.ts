/** Whatever a session is put through, its recording plays again to the same world: joins, leaves, pauses, settings, damage. */
import { expect, test } from "vitest";
import { hashWorld } from "#combat/sim/hash.ts";
import { differences } from "#combat/sim/packed-world.ts";
import { Recorder } from "#combat/sim/recorder.ts";
import { Replay } from "#combat/sim/replay.ts";
import { nextBelow } from "#kit/rng.ts";
import { RandomPlay, seeds } from "./random-play.ts";

const COMMANDS = 600;

test.each(seeds(30))("seed %i", (seed) => {
  const random = new RandomPlay(seed);
  const { session } = random.stage;
  const recorder = new Recorder(session.world);
  session.record(recorder);
  for (let given = 0; given < COMMANDS; given++) {
    random.command();
    if (nextBelow(random.rng, 40) === 0) recorder.cut();
  }
  recorder.end("over");
  const replay = new Replay();
  for (const part of recorder.pollParts()) replay.play(part);
  expect(recorder.failure).toBeNull();
  expect(replay.difference).toBeNull();
  expect(replay.world?.tick).toBe(session.world.tick);
  expect(hashWorld(replay.world!)).toBe(hashWorld(session.world));
  expect(differences(replay.world!, session.world, 5)).toEqual([]); // Also what no hash has: the past that shots are judged by.
});
