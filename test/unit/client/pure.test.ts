import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { socketUrl } from "#client/address.ts";
import { retryDelayMs, retryHintMs } from "#client/backoff.ts";
import { addPose, poseAt, type TimedPose } from "#client/interpolate.ts";
import { POSES_MAX, RETRY_HINT_MS_MAX } from "#client/limits.ts";
import { SESSION_ID } from "./messages-fixture.ts";

describe("back-off", () => {
  const settings = { baseMs: 250, ceilingMs: 15_000 };
  test.each([
    { name: "first return: up to the base", failures: 0, hintMs: null, most: 250, least: 0 },
    { name: "doubles", failures: 3, hintMs: null, most: 2_000, least: 0 },
    { name: "is capped", failures: 40, hintMs: null, most: 15_000, least: 0 },
    { name: "a hint is the least", failures: 0, hintMs: 3_000, most: 3_250, least: 3_000 },
  ])("$name", ({ failures, hintMs, most, least }) => {
    expect(retryDelayMs({ failures, hintMs }, settings, () => 0)).toBe(least);
    expect(retryDelayMs({ failures, hintMs }, settings, () => 1)).toBe(most);
  });

  test.each([
    { reason: '{"retry_after_ms":1500}', hint: 1_500 },
    { reason: '{"retry_after_ms":99999999}', hint: RETRY_HINT_MS_MAX },
    { reason: '{"retry_after_ms":-1}', hint: null },
    { reason: '{"retry_after_ms":"soon"}', hint: null },
    { reason: "{", hint: null },
    { reason: "session over", hint: null },
    { reason: "", hint: null },
  ])("the hint of $reason is $hint", ({ reason, hint }) => {
    expect(retryHintMs(reason)).toBe(hint);
  });
});

describe("address", () => {
  const target = { url: "http://localhost:8080", sessionId: SESSION_ID, clientVersion: "1.2.0" };
  test.each([
    {
      name: "a player",
      given: target,
      resume: null,
      expected: `ws://localhost:8080/ws/sessions/${SESSION_ID}?token=a.b&client_version=1.2.0`,
    },
    {
      name: "TLS and a path before",
      given: { ...target, url: "https://play.example/api/v1/" },
      resume: null,
      expected: `wss://play.example/api/v1/ws/sessions/${SESSION_ID}?token=a.b&client_version=1.2.0`,
    },
    {
      name: "the URL of a join answer",
      given: { ...target, url: `ws://h:1/ws/sessions/${SESSION_ID}` },
      resume: null,
      expected: `ws://h:1/ws/sessions/${SESSION_ID}?token=a.b&client_version=1.2.0`,
    },
    {
      name: "a spectator",
      given: { ...target, spectate: { cameraMode: "follow_player", followTarget: "x" } as const },
      resume: null,
      expected: `ws://localhost:8080/ws/sessions/${SESSION_ID}/spectate?token=a.b&client_version=1.2.0&camera_mode=follow_player&follow_target=x`,
    },
    {
      name: "a return",
      given: target,
      resume: { epoch: 2, frame: 77 },
      expected: `ws://localhost:8080/ws/sessions/${SESSION_ID}?token=a.b&client_version=1.2.0&resume=2.77`,
    },
  ])("$name", ({ given, resume, expected }) => {
    expect(socketUrl(given, "a.b", resume)).toBe(expected);
  });
});

describe("interpolation", () => {
  const pose = (atMs: number, x: number, yaw = 0): TimedPose => ({ atMs, position: { x, y: 0, z: 0 }, yaw, pitch: 0 });

  test.each([
    { name: "before the first: the first", poses: [pose(100, 1), pose(150, 2)], at: 0, x: 1 },
    { name: "half way", poses: [pose(100, 1), pose(150, 2)], at: 125, x: 1.5 },
    { name: "beyond the newest: the newest, no guess", poses: [pose(100, 1), pose(150, 2)], at: 900, x: 2 },
    { name: "out of order arrivals find their place", poses: [pose(150, 2), pose(100, 1)], at: 125, x: 1.5 },
    { name: "a leap is not smeared", poses: [pose(100, 1), pose(150, 60)], at: 149, x: 1 },
    { name: "after a silence it stood, then moved", poses: [pose(100, 1), pose(10_000, 2)], at: 9_000, x: 1 },
    { name: "the same moment again: the later word", poses: [pose(100, 1), pose(100, 3)], at: 100, x: 3 },
  ])("$name", ({ poses, at, x }) => {
    const buffer: TimedPose[] = [];
    for (const one of poses) addPose(buffer, one);
    expect(poseAt(buffer, at)?.position.x).toBeCloseTo(x);
  });

  test.each([
    { from: 350, to: 10, half: 360 },
    { from: -170, to: 170, half: -180 },
    { from: 0, to: 90, half: 45 },
  ])("turns the short way from $from to $to", ({ from, to, half }) => {
    expect(poseAt([pose(0, 0, from), pose(100, 0, to)], 50)?.yaw).toBeCloseTo(half);
  });

  test("nothing known: nothing shown; the buffer is bounded", () => {
    expect(poseAt([], 5)).toBeNull();
    const buffer: TimedPose[] = [];
    for (let at = 0; at < POSES_MAX * 2; at++) addPose(buffer, pose(at, at));
    expect(buffer).toHaveLength(POSES_MAX);
    expect(buffer[0]?.atMs).toBe(POSES_MAX);
  });

  test("never leaves the stretch between the known poses", () => {
    const poses = fc.array(fc.tuple(fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: -50, max: 50 })), {
      minLength: 1,
    });
    fc.assert(
      fc.property(poses, fc.integer({ min: -100, max: 2_100 }), (known, at) => {
        const buffer: TimedPose[] = [];
        for (const [atMs, x] of known) addPose(buffer, pose(atMs, x));
        const shown = poseAt(buffer, at)!.position.x;
        const xs = buffer.map((one) => one.position.x);
        expect(shown).toBeGreaterThanOrEqual(Math.min(...xs) - 1e-9);
        expect(shown).toBeLessThanOrEqual(Math.max(...xs) + 1e-9);
      }),
    );
  });
});
