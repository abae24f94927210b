/** Audience: frames are numbered and encoded once, and who comes back gets what it missed, or everything. */
import { describe, expect, test } from "vitest";
import { HISTORY_BYTES_MAX, HISTORY_FRAMES_MAX } from "#combat/limits.ts";
import { Audience, type Viewer } from "#combat/session/audience.ts";
import type { EventBody, SessionEvent } from "#combat/session/session-events.ts";
import { FakeEncoder, FakeOutlet, Stage, viewerOf } from "./fixture.ts";

const STATE = { matchMs: 0, tick: 1, keyframe: false, players: [], objectives: null, ground: null };

class Hall {
  readonly stage = new Stage();
  readonly encoder = new FakeEncoder();
  readonly audience = new Audience(this.stage.session, this.encoder);
  readonly outlet = new FakeOutlet();
  private seq = 0;
  private connections = 0;

  /** A viewer that watches from now on. */
  enter(rest: Partial<Viewer> = {}): Viewer {
    const viewer = viewerOf(this.outlet, ++this.connections, rest);
    this.audience.add(viewer);
    this.audience.enter(viewer, 0);
    return viewer;
  }

  tell(body: EventBody = { kind: "session_paused" }): void {
    const event: SessionEvent = { sessionId: "session", epoch: 1, seq: ++this.seq, tick: 0, atUnixMs: 0, body };
    this.audience.broadcastEvent(event);
  }

  show(): void {
    this.audience.broadcastState(STATE, 0);
  }

  /** What a viewer was shown alone, as "frame kind". */
  alone({ connection }: Viewer): string[] {
    return this.outlet.unicasts.filter(({ to }) => to === connection).map(({ frame, what }) => `${frame} ${what}`);
  }
}

describe("frames", () => {
  test("are numbered one after the other, events and states alike, whether anybody watches or not", () => {
    const hall = new Hall();
    hall.tell();
    hall.show();
    hall.enter();
    hall.tell();
    hall.show();
    hall.tell();
    expect(hall.outlet.broadcasts.map(({ frame, what }) => `${frame} ${what}`)).toEqual([
      "3 session_paused",
      "4 state",
      "5 session_paused",
    ]);
    expect(hall.audience.frame).toBe(5);
  });

  test.each([1, 2, 500])("reach an outlet once, and are encoded once, with %i viewers behind it", (viewers) => {
    const hall = new Hall();
    for (let count = 0; count < viewers; count++) hall.enter();
    const encodedBefore = hall.encoder.encoded;
    hall.tell();
    hall.show();
    expect(hall.outlet.broadcasts).toHaveLength(2);
    expect(hall.encoder.encoded - encodedBefore).toBe(2);
  });

  test("go to every outlet, the same bytes", () => {
    const hall = new Hall();
    const other = new FakeOutlet();
    hall.enter();
    hall.enter({ outlet: other });
    const encodedBefore = hall.encoder.encoded;
    hall.tell();
    expect(other.broadcasts).toEqual(hall.outlet.broadcasts);
    expect(hall.encoder.encoded - encodedBefore).toBe(1);
  });

  test("no longer go to an outlet whose last viewer is gone; states are not even encoded then", () => {
    const hall = new Hall();
    const viewers = [hall.enter(), hall.enter()];
    hall.audience.remove(viewers[0]!);
    hall.show();
    hall.audience.remove(viewers[1]!);
    const encodedBefore = hall.encoder.encoded;
    hall.show();
    expect(hall.outlet.broadcasts.map(({ frame }) => frame)).toEqual([1]);
    expect(hall.encoder.encoded).toBe(encodedBefore);
    expect(hall.audience).toMatchObject({ isEmpty: true, frame: 2 });
  });
});

describe("who enters", () => {
  test("gets the roster, then everything, then the frames", () => {
    const hall = new Hall();
    hall.stage.seat("ann");
    hall.tell();
    const viewer = hall.enter();
    expect(hall.outlet.rosters).toEqual([["ann"]]);
    expect(hall.alone(viewer)).toEqual(["1 session_state"]);
    expect(hall.outlet.entered).toEqual([viewer.connection]);
    expect(viewer).toMatchObject({ stage: "entered", enteredAtFrame: 1 });
  });

  test.each(["player_joined", "player_left"] as const)("is told the roster anew before a %s", (kind) => {
    const hall = new Hall();
    hall.enter();
    let rostersBefore = 0;
    hall.outlet.onFrame = () => {
      rostersBefore = hall.outlet.rosters.length;
    };
    hall.tell({ kind, playerId: "ann", teamId: "red", slot: 0 });
    expect(rostersBefore).toBe(2);
  });

  test("is told the number of the last event that was shown, not of the last that happened", () => {
    const hall = new Hall();
    hall.tell();
    hall.tell();
    hall.stage.seat("ann"); // Told by the session, not shown yet.
    hall.enter();
    expect(hall.outlet.unicasts).toMatchObject([{ what: "session_state", of: 2 }]);
  });
});

describe("who comes back", () => {
  test.each([
    { name: "having missed nothing", resume: { epoch: 1, frame: 4 }, shown: ["4 keyframe"] },
    {
      name: "having missed two events",
      resume: { epoch: 1, frame: 1 },
      shown: ["2 session_paused", "4 session_paused", "4 keyframe"],
    },
    {
      name: "having seen nothing yet",
      resume: { epoch: 1, frame: 0 },
      shown: ["1 session_paused", "2 session_paused", "4 session_paused", "4 keyframe"],
    },
    { name: "from a frame that is yet to come", resume: { epoch: 1, frame: 5 }, shown: ["4 session_state"] },
    { name: "from before a restart", resume: { epoch: 0, frame: 3 }, shown: ["4 session_state"] },
    { name: "without saying where it stopped", resume: null, shown: ["4 session_state"] },
  ])("$name gets $shown", ({ resume, shown }) => {
    const hall = new Hall();
    hall.tell();
    hall.tell();
    hall.show();
    hall.tell();
    const viewer = hall.enter({ resume });
    expect(hall.alone(viewer)).toEqual(shown);
    expect(viewer.resume).toBeNull();
  });

  test("after more events than are kept gets everything; from the oldest kept on, what it missed", () => {
    const hall = new Hall();
    for (let told = 0; told < HISTORY_FRAMES_MAX + 10; told++) hall.tell();
    const late = hall.enter({ resume: { epoch: 1, frame: 9 } });
    expect(hall.alone(late)).toEqual([`${HISTORY_FRAMES_MAX + 10} session_state`]);
    const justInTime = hall.enter({ resume: { epoch: 1, frame: 10 } });
    expect(hall.alone(justInTime)).toHaveLength(HISTORY_FRAMES_MAX + 1);
    expect(hall.alone(justInTime)[0]).toBe("11 session_paused");
  });

  test("after more bytes than are kept gets everything", () => {
    const hall = new Hall();
    hall.encoder.event = () => new Uint8Array(HISTORY_BYTES_MAX / 2);
    for (let told = 0; told < 3; told++) hall.tell();
    const viewer = hall.enter({ resume: { epoch: 1, frame: 0 } });
    expect(hall.alone(viewer)).toEqual(["3 session_state"]);
  });

  test("with a resume that comes late is served while no newer event overtook it", () => {
    const hall = new Hall();
    hall.tell();
    const viewer = hall.enter();
    hall.show();
    viewer.resume = { epoch: 1, frame: 0 };
    hall.audience.resumeLate(viewer, 0);
    expect(hall.alone(viewer)).toEqual(["1 session_state", "1 session_paused", "2 keyframe"]);
  });

  test("with a resume that a newer event overtook gets everything once more, nothing twice", () => {
    const hall = new Hall();
    hall.tell();
    const viewer = hall.enter();
    hall.tell();
    viewer.resume = { epoch: 1, frame: 0 };
    hall.audience.resumeLate(viewer, 0);
    expect(hall.alone(viewer)).toEqual(["1 session_state", "2 session_state"]);
  });
});

test("of two viewers of one player the newer is the current one; removing the older leaves it", () => {
  const hall = new Hall();
  const older = hall.enter({ playerId: "ann" });
  const newer = hall.enter({ playerId: "ann" });
  expect(hall.audience.remove(older)).toBe(false);
  expect(hall.audience.viewer("ann")).toBe(newer);
  expect(hall.audience.remove(newer)).toBe(true);
  expect(hall.audience.viewer("ann")).toBeNull();
});

test("closing all closes each once, with the reason, and shows nobody anything more", () => {
  const hall = new Hall();
  const viewers = [hall.enter(), hall.enter()];
  hall.audience.closeAll("session_over");
  hall.tell();
  expect(hall.outlet.closed).toEqual(viewers.map(({ connection }) => ({ connection, reason: "session_over" })));
  expect(viewers.map(({ stage }) => stage)).toEqual(["gone", "gone"]);
  expect(hall.outlet.broadcasts).toEqual([]);
});
