import { describe, expect, test } from "vitest";
import { Decoder } from "#client/decode.ts";
import type { ServerMessage } from "#client/messages.ts";
import { SessionView } from "#client/view.ts";
import {
  ADA,
  BOB,
  EVENTS,
  eventBody,
  killBody,
  pongBody,
  SESSION_ID,
  serverBytes,
  stateBody,
  updateBody,
} from "./messages-fixture.ts";

type Body = Parameters<typeof serverBytes>[1];

/** A view and its decoder, fed with frames. */
function watching() {
  const decoder = new Decoder(SESSION_ID);
  const view = new SessionView();
  const hear = (frame: number, body: Body) => {
    const decoded = decoder.decode(serverBytes(frame, body));
    if (!decoded.ok) throw new Error(decoded.detail);
    return view.handleMessage(decoded.message as ServerMessage);
  };
  return { view, hear };
}

describe("a view is what the messages said", () => {
  test("a full state fills it", () => {
    const { view, hear } = watching();
    expect(view.cursor).toBeNull();
    hear(12, stateBody({ epoch: 3, lastSeq: 40 }));
    expect(view.cursor).toEqual({ epoch: 3, frame: 12 });
    expect(view.lastSeq).toBe(40);
    expect([...view.players.keys()]).toEqual([ADA, BOB]);
    expect(view.you).toMatchObject({ playerId: ADA, teamId: "team-0", health: 85.5, ammunition: 29 });
    expect(view.world?.walls).toHaveLength(1);
  });

  test("an update changes whom it names and nobody else", () => {
    const { view, hear } = watching();
    hear(1, stateBody());
    hear(2, updateBody(3, 12_345));
    expect(view.players.get(BOB)?.position).toEqual({ x: 123.45, y: 67.89, z: 0 });
    expect(view.players.get(ADA)?.position.x).toBe(1.5);
    expect(view.cursor).toEqual({ epoch: 1, frame: 2 });
  });

  test("a kill counts for both and for the team until the round says what holds", () => {
    const { view, hear } = watching();
    hear(1, stateBody());
    hear(2, killBody(1));
    expect(view.players.get(BOB)).toMatchObject({ alive: false, health: 0, deaths: 1 });
    expect(view.players.get(ADA)).toMatchObject({ kills: 1 });
    expect(view.session?.teams).toContainEqual({ team_id: "team-0", score: 1, rounds_won: 0 });
  });

  test("all events of a match in a row leave no gap and end it", () => {
    const { view, hear } = watching();
    hear(1, stateBody());
    for (const [index, event] of EVENTS.entries())
      expect(hear(index + 2, eventBody(index + 1, event))).toEqual({ kind: "news" });
    expect(view.session).toMatchObject({ status: "ended", winner_team_id: "team-0", end_reason: "victory" });
    expect([...view.players.keys()]).toEqual([ADA]);
  });
});

describe("events are taken in order, each once", () => {
  test("a repeat is not news and counts nothing", () => {
    const { view, hear } = watching();
    hear(1, stateBody());
    hear(2, killBody(1));
    expect(hear(2, killBody(1))).toEqual({ kind: "repeat" });
    expect(view.players.get(ADA)?.kills).toBe(1);
  });

  test("an event behind a gap waits; frames after the gap do not move the cursor", () => {
    const { view, hear } = watching();
    hear(1, stateBody());
    hear(2, killBody(1));
    expect(hear(4, killBody(3))).toEqual({ kind: "gap", expected: 2, got: 3 });
    hear(5, updateBody(3, 100));
    expect(view.cursor).toEqual({ epoch: 1, frame: 2 });
    expect(view.players.get(ADA)?.kills).toBe(1);
    expect(hear(3, killBody(2))).toEqual({ kind: "news" });
    expect(hear(4, killBody(3))).toEqual({ kind: "news" });
    expect(view.cursor).toEqual({ epoch: 1, frame: 4 });
    expect(view.players.get(ADA)?.kills).toBe(3);
  });

  test("a full state closes a gap", () => {
    const { view, hear } = watching();
    hear(1, stateBody());
    hear(9, killBody(5));
    expect(view.inGap).toBe(true);
    hear(10, stateBody({ lastSeq: 5 }));
    expect(view.inGap).toBe(false);
    expect(hear(11, killBody(6))).toEqual({ kind: "news" });
  });

  test("an event of a new owner brings its epoch", () => {
    const { view, hear } = watching();
    hear(1, stateBody());
    hear(2, killBody(1, 2));
    expect(view.cursor).toEqual({ epoch: 2, frame: 2 });
  });

  test("an answer to this client alone does not move the cursor: its frame number was another's", () => {
    const { view, hear } = watching();
    hear(1, stateBody());
    hear(8, pongBody(1));
    expect(view.cursor).toEqual({ epoch: 1, frame: 1 });
  });
});

test("what is drawn has a match time, never newer than the newest state; and a match time its server time", () => {
  const { view, hear } = watching();
  hear(12, stateBody({ epoch: 3, lastSeq: 40 }));
  const madeAt = Date.parse("2026-11-23T05:32:20.150Z");
  view.handleMessage({ ...EMPTY_UPDATE, match_ms: 18_150, timestamp: new Date(madeAt).toISOString() });
  expect([-100, 0, 40].map((after) => view.matchMsAt(madeAt + after))).toEqual([18_050, 18_150, 18_150]);
  expect(view.unixMsAt(18_137)).toBe(madeAt - 13);
});

const EMPTY_UPDATE = {
  type: "state_update" as const,
  session_id: SESSION_ID,
  frame: 13,
  tick: 544,
  keyframe: false,
  players: [],
};
