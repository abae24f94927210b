/** The connection's state machine: every phase takes what it may, and leaves as the close table says. */
import { describe, expect, test } from "vitest";
import { Connection } from "#gateway/connection/connection.ts";
import type { Caller } from "#gateway/connection/messages.ts";
import {
  AWAY_ANSWER_MS,
  AWAY_MS_MAX,
  EXCESS_MESSAGES_MAX,
  HANDSHAKE_MS_MAX,
  HEARTBEAT_MS,
  MESSAGES_BURST_MAX,
  MESSAGES_PER_SECOND_MAX,
  REROUTE_MS,
  REROUTES_MAX,
  TOKEN_WARNING_MS,
  WHEEL_STEP_MS,
} from "#gateway/limits.ts";
import { Wheel, type WheelEntry } from "#kit/wheel.ts";
import { no, ok, problem } from "#wire/problem.ts";
import { attaching, caller, drained, input, kinds, opened, START_UNIX_MS } from "./fixture.ts";

const REFUSAL = problem("FORBIDDEN", "no seat");
const ELSEWHERE = problem("UNAVAILABLE", "another instance serves it", { served_at: "there:1" });
const NOT_READY = problem("UNAVAILABLE", "not served here just now", { retry_after_ms: 1000 });
const JUNK = no(problem("INVALID_ARGUMENT", "junk"));

function away(): Connection {
  const connection = opened();
  connection.handleRelayLost(0);
  return connection;
}

function reattaching(given: Partial<Caller> = {}, spread?: number): Connection {
  const connection = opened(given, spread);
  connection.handleRelayLost(0);
  connection.handleRelayUp();
  drained(connection);
  return connection;
}

function closed(): Connection {
  const connection = opened();
  connection.handleGone();
  drained(connection);
  return connection;
}

type Entry = WheelEntry & { readonly connection: Connection };

const STARTS = { attaching, opened, away, reattaching, closed };

type Happening = { readonly name: string; readonly happen: (connection: Connection) => void };
const attached: Happening = { name: "attached", happen: (connection) => connection.handleAttached(0) };
const refused: Happening = { name: "refused", happen: (connection) => connection.handleRefused(0, REFUSAL) };
const elsewhere: Happening = { name: "elsewhere", happen: (connection) => connection.handleRefused(0, ELSEWHERE) };
const notReady: Happening = { name: "not ready", happen: (connection) => connection.handleRefused(0, NOT_READY) };
const laterLook: Happening = {
  name: "half a second later",
  happen: (connection) => connection.handleTick(REROUTE_MS, START_UNIX_MS + REROUTE_MS),
};
const combatClose: Happening = {
  name: "combat closes",
  happen: (connection) => connection.handleCombatClose("taken_over"),
};
const lost: Happening = { name: "relay lost", happen: (connection) => connection.handleRelayLost(0) };
const up: Happening = { name: "relay up", happen: (connection) => connection.handleRelayUp() };
const gone: Happening = { name: "socket gone", happen: (connection) => connection.handleGone() };
const drain: Happening = { name: "drain", happen: (connection) => connection.handleClose("draining") };
const late: Happening = {
  name: "ten seconds later",
  happen: (connection) => connection.handleTick(AWAY_MS_MAX, START_UNIX_MS + AWAY_MS_MAX),
};
const move: Happening = {
  name: "input",
  happen: (connection) => connection.handleInput(0, ok(input("position_update"))),
};
const junk: Happening = { name: "junk", happen: (connection) => connection.handleInput(0, JUNK) };

describe("phases", () => {
  test.each<{ from: keyof typeof STARTS; when: Happening; told: string; to: string }>([
    { from: "attaching", when: attached, told: "upgrade ping", to: "open" },
    { from: "attaching", when: refused, told: "refuse", to: "closed" },
    { from: "attaching", when: elsewhere, told: "reroute", to: "attaching" },
    { from: "attaching", when: notReady, told: "refuse", to: "closed" },
    { from: "attaching", when: combatClose, told: "refuse", to: "closed" },
    { from: "attaching", when: lost, told: "refuse", to: "closed" },
    { from: "attaching", when: gone, told: "detach", to: "closed" },
    { from: "attaching", when: drain, told: "refuse detach", to: "closed" },
    { from: "attaching", when: late, told: "refuse detach", to: "closed" },
    { from: "attaching", when: up, told: "", to: "attaching" },
    { from: "attaching", when: move, told: "", to: "attaching" },
    { from: "opened", when: attached, told: "", to: "open" },
    { from: "opened", when: refused, told: "", to: "open" },
    { from: "opened", when: combatClose, told: "close:taken_over", to: "closed" },
    { from: "opened", when: lost, told: "", to: "away" },
    { from: "opened", when: up, told: "", to: "open" },
    { from: "opened", when: gone, told: "detach", to: "closed" },
    { from: "opened", when: drain, told: "detach close:draining", to: "closed" },
    { from: "opened", when: move, told: "input", to: "open" },
    { from: "opened", when: junk, told: "error", to: "open" },
    { from: "away", when: up, told: "attach", to: "reattaching" },
    { from: "away", when: laterLook, told: "reroute", to: "away" },
    { from: "away", when: gone, told: "", to: "closed" },
    { from: "away", when: drain, told: "close:draining", to: "closed" },
    { from: "away", when: late, told: "close:unavailable", to: "closed" },
    { from: "away", when: move, told: "error", to: "away" },
    { from: "away", when: lost, told: "", to: "away" },
    { from: "reattaching", when: attached, told: "", to: "open" },
    { from: "reattaching", when: refused, told: "close:forbidden", to: "closed" },
    { from: "reattaching", when: elsewhere, told: "reroute", to: "away" },
    { from: "reattaching", when: notReady, told: "", to: "away" },
    { from: "reattaching", when: combatClose, told: "close:taken_over", to: "closed" },
    { from: "reattaching", when: lost, told: "", to: "away" },
    { from: "reattaching", when: gone, told: "detach", to: "closed" },
    { from: "reattaching", when: drain, told: "detach close:draining", to: "closed" },
    { from: "reattaching", when: late, told: "detach close:unavailable", to: "closed" },
    { from: "reattaching", when: move, told: "error", to: "reattaching" },
    ...[attached, refused, combatClose, lost, up, gone, drain, late, move, junk].map((when) => ({
      from: "closed" as const,
      when,
      told: "",
      to: "closed",
    })),
  ])("$from, $when.name: tells '$told' and is $to", ({ from, when, told, to }) => {
    const connection = STARTS[from]();
    when.happen(connection);
    expect(kinds(drained(connection))).toBe(told);
    expect(connection.phase()).toBe(to);
  });

  test("an attach that was sent on is made again, as the first one was", () => {
    const connection = attaching();
    elsewhere.happen(connection);
    drained(connection);
    connection.handleRelayUp();
    expect(drained(connection)).toEqual([{ kind: "attach", again: false, resume: null }]);
    connection.handleRelayUp();
    expect(drained(connection)).toEqual([]);
  });

  test("instances that send a handshake to and fro are not believed for long, and clients never see where they are", () => {
    const connection = attaching();
    for (let time = 0; time < REROUTES_MAX; time++) {
      elsewhere.happen(connection);
      expect(kinds(drained(connection))).toBe("reroute");
      connection.handleRelayUp();
      drained(connection);
    }
    elsewhere.happen(connection);
    const [told] = drained(connection);
    expect(told).toMatchObject({ kind: "refuse", problem: { error: "UNAVAILABLE", details: {} } });
    expect(JSON.stringify(told)).not.toContain("there:1");
  });

  test("who is sent to and fro while away looks again later, and goes when it took too long", () => {
    const connection = away();
    let nowMs = 0;
    for (; nowMs < AWAY_MS_MAX - REROUTE_MS; ) {
      for (let time = 0; time <= REROUTES_MAX; time++) {
        connection.handleRelayUp();
        connection.handleRefused(nowMs, ELSEWHERE);
      }
      const looks = drained(connection).filter(({ kind }) => kind === "reroute");
      expect(looks.length).toBeLessThanOrEqual(REROUTES_MAX + 1);
      nowMs = connection.dueMs(nowMs, START_UNIX_MS);
      connection.handleTick(nowMs, START_UNIX_MS);
    }
    connection.handleTick(AWAY_MS_MAX, START_UNIX_MS);
    expect(kinds(drained(connection))).toContain("close:unavailable");
  });

  test.each([
    { name: "are lost", start: opened, happen: (connection: Connection) => connection.handleRelayLost(100) },
    {
      name: "are refused",
      start: reattaching,
      happen: (connection: Connection) => connection.handleRefused(100, NOT_READY),
    },
  ])("a thousand that $name in one moment look for their sessions one after another, each within the pause", (row) => {
    const count = 1_000;
    const wheel = new Wheel<Entry>(100, { stepMs: WHEEL_STEP_MS, slotCount: 100 });
    for (let number = 0; number < count; number++) {
      const connection = row.start({}, number / count);
      row.happen(connection);
      wheel.schedule({ wheelSlot: -1, connection }, connection.dueMs(100, START_UNIX_MS));
    }
    const lookCounts: number[] = [];
    for (let nowMs = 100 + WHEEL_STEP_MS; nowMs <= 100 + REROUTE_MS; nowMs += WHEEL_STEP_MS) {
      let lookCount = 0;
      for (const entry of wheel.pollDue(nowMs)) {
        entry.connection.handleTick(nowMs, START_UNIX_MS);
        lookCount += drained(entry.connection).filter(({ kind }) => kind === "reroute").length;
        wheel.schedule(entry, entry.connection.dueMs(nowMs, START_UNIX_MS));
      }
      lookCounts.push(lookCount);
    }
    expect(lookCounts).toEqual(new Array(10).fill(count / 10));
  });

  test("a handshake just in time is not refused", () => {
    const connection = attaching();
    connection.handleTick(HANDSHAKE_MS_MAX - 1, START_UNIX_MS);
    expect(connection.phase()).toBe("attaching");
    expect(connection.dueMs(0, START_UNIX_MS)).toBe(HANDSHAKE_MS_MAX);
  });

  test("a relay that flaps does not lengthen the wait for combat", () => {
    const connection = away();
    connection.handleRelayUp();
    connection.handleRelayLost(AWAY_MS_MAX - 1);
    drained(connection);
    connection.handleTick(AWAY_MS_MAX, START_UNIX_MS);
    expect(kinds(drained(connection))).toBe("close:unavailable");
  });
});

describe("resume", () => {
  test("begins with what the client asked for", () => {
    const connection = new Connection(caller({ resume: { epoch: 2, frame: 9 } }), {
      nowMs: 0,
      handshakeDueMs: 1,
      spread: 0,
    });
    expect(drained(connection)).toEqual([{ kind: "attach", again: false, resume: { epoch: 2, frame: 9 } }]);
  });

  test("after a loss it goes on behind the newest frame given to the client", () => {
    const connection = opened();
    connection.handleSessionState(4, 100);
    for (const frame of [101, 0, 103, 102]) connection.handleFrame(frame);
    connection.handleRelayLost(0);
    connection.handleRelayUp();
    expect(drained(connection)).toEqual([{ kind: "attach", again: true, resume: { epoch: 4, frame: 103 } }]);
  });

  test("a newer session_state begins anew, even with a smaller frame", () => {
    const connection = opened();
    connection.handleSessionState(4, 100);
    connection.handleSessionState(5, 3);
    connection.handleRelayLost(0);
    connection.handleRelayUp();
    expect(drained(connection)).toEqual([{ kind: "attach", again: true, resume: { epoch: 5, frame: 3 } }]);
  });

  test("one who was told nothing yet has nothing to resume", () => {
    const connection = opened();
    connection.handleRelayLost(0);
    connection.handleRelayUp();
    expect(drained(connection)).toEqual([{ kind: "attach", again: true, resume: null }]);
  });
});

describe("input", () => {
  test.each([
    { spectator: true, type: "position_update", told: "error" },
    { spectator: true, type: "combat_action", told: "error" },
    { spectator: true, type: "camera_update", told: "input" },
    { spectator: true, type: "ping", told: "input" },
    { spectator: true, type: "leave", told: "input" },
    { spectator: false, type: "camera_update", told: "error" },
    { spectator: false, type: "position_update", told: "input" },
    { spectator: false, type: "combat_action", told: "input" },
    { spectator: false, type: "resume", told: "input" },
  ] as const)("spectator $spectator sends $type: $told", ({ spectator, type, told }) => {
    const connection = opened({ spectator });
    connection.handleInput(0, ok(input(type)));
    expect(kinds(drained(connection))).toBe(told);
  });

  test("the third strike closes, whatever mixture they were", () => {
    const connection = opened();
    connection.handleInput(0, JUNK);
    connection.handleInput(0, ok(input("camera_update")));
    for (let good = 0; good < 10; good++) connection.handleInput(0, ok(input("position_update")));
    drained(connection);
    connection.handleInput(0, JUNK);
    expect(kinds(drained(connection))).toBe("error detach close:malformed");
  });

  test("what combat's absence loses is said once a second and is no strike", () => {
    const connection = away();
    const told = [0, 1, AWAY_ANSWER_MS - 1, AWAY_ANSWER_MS, AWAY_ANSWER_MS + 1].map((nowMs) => {
      connection.handleInput(nowMs, ok(input("position_update")));
      return kinds(drained(connection));
    });
    expect(told).toEqual(["error", "", "", "error", ""]);
  });

  test("too fast is dropped with a hint, and closed when it goes on", () => {
    const connection = opened();
    for (let message = 0; message < MESSAGES_BURST_MAX; message++) expect(connection.handleArrival(0)).toBe(true);
    expect(connection.handleArrival(0)).toBe(false);
    expect(drained(connection)).toMatchObject([
      {
        kind: "error",
        problem: { error: "RATE_LIMITED", details: { retry_after_ms: 1000 / MESSAGES_PER_SECOND_MAX } },
      },
    ]);
    for (let message = 1; message < EXCESS_MESSAGES_MAX; message++) connection.handleArrival(0);
    expect(kinds(drained(connection))).toMatch(/error detach close:rate_limited$/);
  });
});

describe("token", () => {
  const expiresAtUnixMs = START_UNIX_MS + 100_000;
  const at = (connection: Connection, ms: number) => {
    connection.handleArrival(ms);
    connection.handleTick(ms, START_UNIX_MS + ms);
    return kinds(drained(connection).filter(({ kind }) => kind !== "ping"));
  };

  test("is announced once, then runs out", () => {
    const connection = opened({ tokenExpiresAtUnixMs: expiresAtUnixMs });
    const told = [0, 39_999, 40_000, 40_001, 99_999, 100_000].map((ms) => at(connection, ms));
    expect(told).toEqual(["", "", "token_expiring", "", "", "detach close:token_expired"]);
  });

  test("a refreshed one is announced again", () => {
    const connection = opened({ tokenExpiresAtUnixMs: expiresAtUnixMs });
    at(connection, 40_000);
    connection.handleInput(40_000, ok(input("auth_refresh", "new")));
    expect(drained(connection)).toEqual([{ kind: "verify", token: "new" }]);
    connection.handleRefreshed({ ok: true, expiresAtUnixMs: START_UNIX_MS + 200_000 });
    expect([100_000, 140_000, 200_000].map((ms) => at(connection, ms))).toEqual([
      "",
      "token_expiring",
      "detach close:token_expired",
    ]);
  });

  test("a wrong one ends the connection only if it is a forgery", () => {
    const connection = opened();
    const why = problem("UNAUTHENTICATED", "no");
    connection.handleInput(0, ok(input("auth_refresh", "new")));
    connection.handleRefreshed({ ok: false, problem: why, fatal: false });
    expect(kinds(drained(connection))).toBe("verify error");
    connection.handleInput(0, ok(input("auth_refresh", "new")));
    connection.handleRefreshed({ ok: false, problem: why, fatal: true });
    expect(kinds(drained(connection))).toBe("verify error detach close:token_invalid");
  });

  test("one is looked at at a time", () => {
    const connection = opened();
    connection.handleInput(0, ok(input("auth_refresh", "a")));
    connection.handleInput(0, ok(input("auth_refresh", "b")));
    expect(kinds(drained(connection))).toBe("verify error");
  });

  test("its expiry follows the wall clock even when that jumps", () => {
    const connection = opened({ tokenExpiresAtUnixMs: expiresAtUnixMs });
    connection.handleTick(1, START_UNIX_MS + 3_600_000);
    expect(kinds(drained(connection))).toBe("detach close:token_expired");
  });

  test("the next deadline is the nearest of heartbeat, warning and expiry", () => {
    const soon = opened({ tokenExpiresAtUnixMs: START_UNIX_MS + TOKEN_WARNING_MS + 1_000 });
    expect(soon.dueMs(0, START_UNIX_MS)).toBe(1_000);
    const later = opened({ tokenExpiresAtUnixMs: START_UNIX_MS + 10 * TOKEN_WARNING_MS });
    expect(later.dueMs(0, START_UNIX_MS)).toBe(HEARTBEAT_MS / 2);
  });
});

describe("heartbeat", () => {
  test("two unanswered pings end it", () => {
    const connection = opened();
    const told = [0.5, 1.5, 2.5].map((beats) => {
      connection.handleTick(beats * HEARTBEAT_MS, START_UNIX_MS);
      return kinds(drained(connection));
    });
    expect(told).toEqual(["ping", "ping", "detach close:no_heartbeat"]);
  });

  test("any message counts as a sign of life", () => {
    const connection = opened();
    for (let beat = 1; beat < 10; beat++) {
      connection.handleTick(beat * HEARTBEAT_MS, START_UNIX_MS);
      connection.handleArrival(beat * HEARTBEAT_MS);
      expect(kinds(drained(connection))).toBe("ping");
    }
  });

  test("a gateway that stood still for a minute asks before it judges", () => {
    const connection = opened();
    connection.handleTick(60_000, START_UNIX_MS);
    expect(kinds(drained(connection))).toBe("ping");
  });
});
