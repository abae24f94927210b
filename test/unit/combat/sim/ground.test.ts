/** Ground: walls stop feet, tops and ramps carry them; touching is no crime. */
import { describe, expect, test } from "vitest";
import { clipOf, groundUnder } from "#combat/sim/ground.ts";
import type { GameMap, Wall } from "#combat/sim/maps.ts";
import type { Point } from "#combat/sim/world.ts";
import { openMap } from "./arena.ts";

const WALL: Wall = { min: { x: 1_000, y: 0, z: 0 }, max: { x: 1_100, y: 2_000, z: 300 } };
const CRATE: Wall = { min: { x: 3_000, y: 3_000, z: 0 }, max: { x: 3_300, y: 3_300, z: 110 } };
const BRIDGE: Wall = { min: { x: 5_000, y: 0, z: 250 }, max: { x: 5_300, y: 2_000, z: 280 } };
/** 200 high over 400: from x = 7,000 up to 7,400. */
const RAMP: Wall = { min: { x: 7_000, y: 0, z: 0 }, max: { x: 7_400, y: 300, z: 200 }, rises: "x+" };
const MAP: GameMap = openMap([WALL, CRATE, BRIDGE, RAMP]);

function at(x: number, y: number, z = 0): Point {
  return { x, y, z };
}

describe("a way", () => {
  test.each([
    { name: "beside a wall", from: at(960, 100), to: at(960, 900), clips: false },
    { name: "that touches it", from: at(960, 100), to: at(985, 900), clips: false },
    { name: "into it", from: at(960, 100), to: at(995, 100), clips: true },
    { name: "through it in one step", from: at(960, 100), to: at(1_140, 100), clips: true },
    { name: "through it from far away", from: at(700, 100), to: at(1_400, 100), clips: true },
    { name: "round its corner, cut by the straight line", from: at(960, 1_990), to: at(1_050, 2_040), clips: false },
    { name: "through its corner, by more than that", from: at(960, 1_900), to: at(1_140, 1_960), clips: true },
    { name: "over it", from: at(960, 100, 300), to: at(1_140, 100, 300), clips: false },
    { name: "out of it", from: at(1_010, 100), to: at(970, 100), clips: false },
    { name: "deeper into it", from: at(1_010, 100), to: at(1_040, 100), clips: true },
    { name: "on top of a crate", from: at(2_900, 3_100, 60), to: at(2_990, 3_100, 100), clips: false },
    { name: "into a crate", from: at(2_960, 3_100), to: at(3_020, 3_100), clips: true },
    { name: "under a bridge", from: at(4_900, 100), to: at(5_400, 100), clips: false },
    { name: "up into a bridge", from: at(5_100, 100), to: at(5_100, 100, 120), clips: true },
    { name: "up a ramp", from: at(6_950, 100), to: at(7_200, 100, 100), clips: false },
    { name: "off its high end", from: at(7_390, 100, 195), to: at(7_460, 100, 170), clips: false },
    { name: "into a ramp's high end", from: at(7_460, 100), to: at(7_400, 100), clips: true },
    { name: "into a ramp's side", from: at(7_300, 345), to: at(7_300, 305), clips: true },
    { name: "over a ramp's low end from the side", from: at(7_010, 345), to: at(7_010, 250), clips: false },
  ])("$name", ({ from, to, clips }) => {
    const clip = clipOf(MAP, { from, to, stance: "stand", was: "stand" });
    expect(clip !== null).toBe(clips);
    if (clip) expect(clip.measured).toBeGreaterThan(clip.threshold);
  });

  test("the crouched fit where the standing do not", () => {
    const low = openMap([{ min: at(5_000, 0, 150), max: at(5_300, 2_000, 280) }]);
    const way = { from: at(4_900, 100), to: at(5_100, 100) };
    expect(clipOf(low, { ...way, stance: "crouch", was: "crouch" })).toBeNull();
    expect(clipOf(low, { ...way, stance: "stand", was: "stand" })).not.toBeNull();
  });

  test("under a low ceiling nobody stands up, nor rises through it then", () => {
    const low = openMap([{ min: at(5_000, 0, 150), max: at(5_300, 2_000, 180) }]);
    const [under, above] = [at(5_150, 100), at(5_150, 100, 190)];
    expect(clipOf(low, { from: under, to: under, stance: "stand", was: "crouch" })).not.toBeNull();
    expect(clipOf(low, { from: under, to: above, stance: "stand", was: "crouch" })).not.toBeNull();
    expect(clipOf(low, { from: under, to: above, stance: "crouch", was: "crouch" })).not.toBeNull();
    expect(clipOf(low, { from: under, to: under, stance: "crouch", was: "stand" })).toBeNull();
  });
});

describe("the ground under feet", () => {
  test.each([
    { name: "is the map's", feet: at(500, 500), ground: 0 },
    { name: "is a crate's top", feet: at(3_100, 3_100, 110), ground: 110 },
    { name: "is it already a step below", feet: at(3_100, 3_100, 80), ground: 110 },
    { name: "is not what is higher than a step", feet: at(3_100, 3_100, 60), ground: 0 },
    { name: "reaches a foot beyond an edge", feet: at(3_335, 3_100, 110), ground: 110 },
    { name: "and no farther", feet: at(3_345, 3_100, 110), ground: 0 },
    { name: "is a bridge from above", feet: at(5_100, 100, 280), ground: 280 },
    { name: "and not from below", feet: at(5_100, 100), ground: 0 },
    { name: "rises with a ramp", feet: at(7_200, 100, 120), ground: 120 },
    { name: "up to its top", feet: at(7_420, 100, 200), ground: 200 },
  ])("$name", ({ feet, ground }) => {
    expect(groundUnder(MAP, feet)).toBe(ground);
  });
});
