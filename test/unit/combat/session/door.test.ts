/** Door and answers: who gets in, how often, in whose place, and what each may ask for once inside. */

import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Publisher } from "#combat/events/publisher.ts";
import { RESUME_WAIT_MS, SPECTATORS_MAX } from "#combat/limits.ts";
import { createLocalAbilities } from "#combat/related/abilities-local.ts";
import { ActionGate } from "#combat/session/action-gate.ts";
import { Acts } from "#combat/session/acts.ts";
import { type AnswerEncoder, Answers } from "#combat/session/answers.ts";
import type { Viewer } from "#combat/session/audience.ts";
import type { CameraRequest } from "#combat/session/cameras.ts";
import { planLeave } from "#combat/session/changes.ts";
import { type Admitted, type AttachRequest, Door } from "#combat/session/door.ts";
import { SessionHost } from "#combat/session/host.ts";
import type { Hosted } from "#combat/session/hosted.ts";
import { recordOf } from "#combat/session/record.ts";
import { Scheduler } from "#combat/session/scheduler.ts";
import type { SessionEvent } from "#combat/session/session-events.ts";
import type { SessionSettings } from "#combat/session/settings.ts";
import { createMemoryLiveStore } from "#combat/stores/live-store-memory.ts";
import type { Ticket, UsedTickets } from "#combat/stores/used-tickets.ts";
import { createMemoryUsedTickets } from "#combat/stores/used-tickets-memory.ts";
import { ManualClock } from "#kit/clock.ts";
import { silentLog } from "#kit/log.ts";
import { nowhere } from "#support/nowhere.ts";
import { bytesOf, FakeEncoder, FakeOutlet, must, OWNER, problemOf, RELOAD, Stage, TICK_MS } from "./fixture.ts";
import { MemoryRecordStores } from "./memory-store.ts";

const OVERVIEW: CameraRequest = { mode: "overview", targetId: null, position: null, direction: null };

const ENCODER: AnswerEncoder = {
  actionResult: (frame, _unixMs, _action, outcome) => bytesOf({ frame, what: `action ${outcome.kind}` }),
  correction: (frame, _unixMs, _seq, verdict) => bytesOf({ frame, what: `correction ${verdict.check}` }),
  pong: (frame, _unixMs, { t }) => bytesOf({ frame, what: "pong", of: t }),
  error: (frame, _unixMs, why) => bytesOf({ frame, what: why.error }),
};

/** Used tickets in memory, which a test may let wait for their answer. */
class TicketOffice implements UsedTickets {
  private readonly used: UsedTickets;
  private readonly waiting: (() => void)[] = [];
  private isSlow = false;

  constructor(clock: ManualClock) {
    this.used = createMemoryUsedTickets(clock);
  }

  async use(ticket: Ticket): Promise<boolean> {
    const isNew = await this.used.use(ticket);
    if (this.isSlow) await new Promise<void>((resolve) => this.waiting.push(resolve));
    return isNew;
  }

  giveBack(ticket: Ticket): Promise<void> {
    return this.used.giveBack(ticket);
  }

  isUsed(ticket: Ticket): Promise<boolean> {
    return this.used.use(ticket).then((isNew) => !isNew);
  }

  /** From now on nobody is answered until told. */
  slow(): void {
    this.isSlow = true;
  }

  /** Answers whoever came first. */
  async answerNext(): Promise<void> {
    await expect.poll(() => this.waiting.length).toBeGreaterThan(0);
    this.waiting.shift()?.();
  }
}

let clock: ManualClock;
let store: MemoryRecordStores;
let host: SessionHost;
let door: Door;
let tickets: TicketOffice;
let answers: Answers;
let outlet: FakeOutlet;
let connections: number;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
  clock = new ManualClock();
  store = new MemoryRecordStores();
  host = hostOver(store);
  tickets = new TicketOffice(clock);
  door = new Door({ host, clock, tickets, elsewhere: nowhere(store.sessions) });
  const acts = new Acts({ gate: new ActionGate({ abilities: createLocalAbilities(), log: silentLog }), clock });
  answers = new Answers({ host, acts, encoder: ENCODER, clock });
  outlet = new FakeOutlet();
  connections = 0;
});

afterEach(async () => {
  await host.stop();
  vi.useRealTimers();
});

function hostOver({ sessions, claims, outbox }: MemoryRecordStores): SessionHost {
  const sink = { publish: () => Promise.resolve(), close: () => Promise.resolve() };
  const encode = ({ sessionId, seq }: SessionEvent) => {
    const value = bytesOf({ frame: seq, what: "published" });
    const about = { eventType: "t", topic: "t", key: sessionId, atUnixMs: 0, contentType: "application/json" } as const;
    return { ...about, eventId: `${sessionId}:${seq}`, value };
  };
  const publisher = new Publisher({ sink, encode, readBack: null, log: silentLog });
  const stores = { sessions, claims, outbox, live: createMemoryLiveStore(), publisher, owner: OWNER };
  const scheduler = new Scheduler(clock);
  return new SessionHost({ ...stores, scheduler, clock, encoder: new FakeEncoder(), log: silentLog });
}

/** Ann against bob, hosted. */
async function open(settings: Partial<SessionSettings> = {}): Promise<{ stage: Stage; hosted: Hosted }> {
  const stage = new Stage(settings, "session", clock);
  stage.startDuel();
  await store.sessions.create(recordOf(stage.session), null);
  return { stage, hosted: host.adopt(stage.session) };
}

function request(playerId: string, rest: Partial<AttachRequest> = {}): AttachRequest {
  const connection = ++connections;
  const asked = { sessionId: "session", trusted: false, ticket: null, resume: null, camera: null };
  return { outlet, connection, playerId, ...asked, ...rest };
}

function ticketOf(id: string): Ticket {
  return { id, expiresAtUnixMs: clock.unixMs() + 30_000 };
}

/** Lets in, and lets the frames through unless a resume is awaited, as the relay does. */
async function attach(playerId: string, rest: Partial<AttachRequest> = {}): Promise<Admitted> {
  const admitted = must(await door.attach(request(playerId, rest)));
  if (!admitted.viewer.awaitsResume) host.enter(admitted.hosted, admitted.viewer);
  return admitted;
}

async function settle(): Promise<void> {
  for (let turns = 0; turns < 5; turns++) await nextTurn();
}

async function pass(ticks: number): Promise<void> {
  for (let passed = 0; passed < ticks; passed++) {
    clock.advance(TICK_MS);
    vi.advanceTimersByTime(TICK_MS);
    await settle();
  }
}

/** What a viewer was told alone. */
function told({ connection }: Viewer): string[] {
  return outlet.unicasts.filter(({ to }) => to === connection).map(({ what }) => what);
}

describe("the door", () => {
  type Row = {
    name: string;
    who: string;
    rest?: Partial<AttachRequest>;
    settings?: Partial<SessionSettings>;
    no: string;
  };

  test.each<Row>([
    { name: "a player with a seat", who: "ann", no: "none" },
    { name: "one without a seat, as a player", who: "eve", no: "FORBIDDEN" },
    { name: "one without a seat, as a spectator", who: "eve", rest: { camera: OVERVIEW }, no: "none" },
    { name: "a player, as a spectator", who: "ann", rest: { camera: OVERVIEW }, no: "FORBIDDEN" },
    {
      name: "a spectator of a private session",
      who: "eve",
      rest: { camera: OVERVIEW },
      settings: { isPrivate: true },
      no: "FORBIDDEN",
    },
    {
      name: "a spectator where none are allowed",
      who: "eve",
      rest: { camera: OVERVIEW },
      settings: { allowSpectators: false },
      no: "FORBIDDEN",
    },
    {
      name: "a trusted spectator of a private session",
      who: "eve",
      rest: { camera: OVERVIEW, trusted: true },
      settings: { isPrivate: true },
      no: "none",
    },
    { name: "anybody, to a session there is not", who: "ann", rest: { sessionId: "other" }, no: "SESSION_NOT_FOUND" },
  ])("$name: $no", async ({ who, rest, settings, no }) => {
    await open(settings);
    expect(problemOf(await door.attach(request(who, rest)))).toBe(no);
  });

  test("is shut to one who left, and to all when the session is over", async () => {
    const { stage, hosted } = await open();
    stage.seat("cid");
    must(await host.change(hosted, () => planLeave(stage.session, "cid")));
    expect(problemOf(await door.attach(request("cid")))).toBe("FORBIDDEN");
    must(await host.change(hosted, () => planLeave(stage.session, "ann")));
    expect(problemOf(await door.attach(request("bob")))).toBe("INVALID_STATE_TRANSITION");
  });

  test("opens to a ticket once; another ticket opens it again", async () => {
    await open();
    const ticket = ticketOf("one");
    await attach("ann", { ticket });
    expect(problemOf(await door.attach(request("ann", { ticket })))).toBe("UNAUTHENTICATED");
    expect(problemOf(await door.attach(request("ann", { ticket: { ...ticket, id: "two" } })))).toBe("none");
    expect(problemOf(await door.attach(request("ann", { ticket })))).toBe("UNAUTHENTICATED");
  });

  test("a ticket that was refused entry is not used up", async () => {
    const { stage } = await open();
    const ticket = ticketOf("one");
    expect(problemOf(await door.attach(request("cid", { ticket })))).toBe("FORBIDDEN");
    stage.seat("cid");
    expect(problemOf(await door.attach(request("cid", { ticket })))).toBe("none");
  });

  test("of two that come with one ticket at once one is let in", async () => {
    const { hosted } = await open();
    const ticket = ticketOf("one");
    const outcomes = await Promise.all([1, 2].map(() => door.attach(request("ann", { ticket }))));
    expect(outcomes.map(problemOf).sort()).toEqual(["UNAUTHENTICATED", "none"]);
    expect(outlet.closed).toEqual([]);
    expect(hosted.audience.viewer("ann")).not.toBeNull();
  });

  type Change = { name: string; change: (live: Awaited<ReturnType<typeof open>>) => unknown; who?: string; no: string };

  test.each<Change>([
    {
      name: "the session ended",
      change: async ({ stage, hosted }) => must(await host.change(hosted, () => planLeave(stage.session, "bob"))),
      no: "INVALID_STATE_TRANSITION",
    },
    {
      name: "the session went elsewhere",
      change: async ({ stage, hosted }) => {
        Object.assign(store.records.get("session") ?? {}, { epoch: 2, owner: "there#1" });
        expect(problemOf(await host.change(hosted, () => planLeave(stage.session, "ann")))).toBe("UNAVAILABLE");
      },
      no: "UNAVAILABLE",
    },
    {
      name: "the seat was given up",
      change: async ({ stage, hosted }) => must(await host.change(hosted, () => planLeave(stage.session, "cid"))),
      who: "cid",
      no: "FORBIDDEN",
    },
    {
      name: "the last place of spectators was taken",
      change: ({ stage }) => stage.session.cameras.handleRequest("last", OVERVIEW),
      who: "eve",
      no: "TOO_MANY_SPECTATORS",
    },
    { name: "nothing happened", change: () => {}, no: "none" },
  ])("while a ticket is looked up, $name: $no", async ({ change, who = "ann", no }) => {
    const live = await open();
    live.stage.seat("cid");
    const { cameras } = live.stage.session;
    for (let count = 1; count < SPECTATORS_MAX; count++) cameras.handleRequest(`eve-${count}`, OVERVIEW);
    tickets.slow();
    const attached = door.attach(request(who, { ticket: ticketOf("one"), camera: who === "eve" ? OVERVIEW : null }));
    await settle();
    await change(live);
    await tickets.answerNext();
    expect(problemOf(await attached)).toBe(no);
    expect(live.hosted.audience.viewer(who) === null).toBe(no !== "none");
    expect(await tickets.isUsed(ticketOf("one"))).toBe(no === "none");
  });

  test("a newer socket stays, though the older one's ticket is answered later", async () => {
    const { hosted } = await open();
    tickets.slow();
    const older = door.attach(request("ann", { ticket: ticketOf("one") }));
    await settle();
    const newer = await attach("ann");
    await tickets.answerNext();
    expect(problemOf(await older)).toBe("INVALID_STATE_TRANSITION");
    expect(hosted.audience.viewer("ann")).toBe(newer.viewer);
    expect(outlet.closed).toEqual([]);
  });

  test("lets in so many spectators and no more, but the same one again", async () => {
    const { stage } = await open();
    for (let count = 0; count < SPECTATORS_MAX; count++) stage.session.cameras.handleRequest(`eve-${count}`, OVERVIEW);
    expect(problemOf(await door.attach(request("eve", { camera: OVERVIEW })))).toBe("TOO_MANY_SPECTATORS");
    expect(problemOf(await door.attach(request("eve-7", { camera: OVERVIEW })))).toBe("none");
  });

  test("a newer socket takes over: the older closes, the seat stays connected, and nothing is told of it", async () => {
    const { stage, hosted } = await open();
    const older = await attach("ann");
    stage.session.pollEvents();
    const newer = await attach("ann", { resume: { epoch: 1, frame: 0 } });
    expect(outlet.closed).toEqual([{ connection: older.viewer.connection, reason: "taken_over" }]);
    host.detach(hosted, older.viewer); // The relay says so too, later: too late to matter.
    expect(hosted.audience.viewer("ann")).toBe(newer.viewer);
    expect(stage.session.roster.seat("ann")?.connection).toBe("connected");
    expect(stage.told()).toEqual([]);
  });

  test("one whose last socket goes is disconnected, and reconnected when it comes back", async () => {
    const { stage, hosted } = await open();
    const { viewer } = await attach("ann");
    stage.session.pollEvents();
    host.detach(hosted, viewer);
    host.detach(hosted, viewer);
    expect(stage.session.roster.seat("ann")?.connection).toBe("disconnected");
    await attach("ann", { resume: { epoch: 1, frame: 0 } });
    expect(stage.session.roster.seat("ann")?.connection).toBe("connected");
    expect(stage.told()).toEqual(["player_disconnected", "player_reconnected"]);
  });
});

describe("one who returns without a cursor", () => {
  async function back(): Promise<Admitted> {
    const { hosted } = await open();
    const first = await attach("ann");
    await settle();
    host.detach(hosted, first.viewer);
    await settle();
    return attach("ann");
  }

  test("is held, then shown everything when no cursor comes", async () => {
    const { viewer } = await back();
    expect([viewer.stage, told(viewer)]).toEqual(["held", []]);
    await pass(RESUME_WAIT_MS / TICK_MS + 2);
    expect([viewer.stage, told(viewer)]).toEqual(["entered", ["session_state"]]);
  });

  test("is shown what it missed when the cursor comes in time", async () => {
    const { viewer, hosted } = await back();
    const { frame } = hosted.audience;
    answers.handle(hosted, viewer, { kind: "resume", cursor: { epoch: 1, frame } });
    expect(viewer.stage).toBe("held"); // Its return is told and not kept yet: nothing beyond that may be shown.
    await settle();
    expect(viewer.stage).toBe("entered");
    expect(told(viewer)).toEqual(["player_reconnected", "keyframe"]);
  });

  test("enters when it asks for something else, and is answered after being shown everything", async () => {
    const { viewer, hosted } = await back();
    answers.handle(hosted, viewer, { kind: "ping", t: 5 });
    await settle();
    expect(told(viewer)).toEqual(["session_state", "pong"]);
  });
});

describe("answers", () => {
  const far = { seq: 3, position: { x: 1, y: 1, z: 0 }, yaw: null, pitch: null, stance: null, clientMs: null };

  test.each([
    { name: "a ping", order: { kind: "ping", t: 7 }, who: "ann", said: ["pong"] },
    { name: "a move too far", order: { kind: "move", move: far }, who: "ann", said: ["correction teleport"] },
    { name: "a player's camera", order: { kind: "camera", camera: OVERVIEW }, who: "ann", said: ["FORBIDDEN"] },
    { name: "a spectator's move", order: { kind: "move", move: far }, who: "eve", said: ["FORBIDDEN"] },
    { name: "a spectator's action", order: { kind: "action", action: RELOAD }, who: "eve", said: ["FORBIDDEN"] },
    { name: "an action", order: { kind: "action", action: RELOAD }, who: "ann", said: ["action refused"] },
  ] as const)("$name is answered $said, to who asked alone", async ({ order, who, said }) => {
    await open();
    const other = await attach("bob");
    const { viewer, hosted } = await attach(who, who === "eve" ? { camera: OVERVIEW } : {});
    await settle();
    const [before, otherBefore] = [told(viewer).length, told(other.viewer).length];
    answers.handle(hosted, viewer, order);
    await pass(2);
    expect(told(viewer).slice(before)).toEqual(said);
    expect(told(other.viewer)).toHaveLength(otherBefore);
  });

  test("a leave gives the seat up, saved, and closes the socket", async () => {
    const { stage } = await open();
    stage.seat("cid");
    const { viewer, hosted } = await attach("cid");
    answers.handle(hosted, viewer, { kind: "leave" });
    await settle();
    expect(outlet.closed).toEqual([{ connection: viewer.connection, reason: "done" }]);
    expect(stage.session.roster.seat("cid")?.connection).toBe("left");
    expect(store.records.get("session")?.participants).toContainEqual(
      expect.objectContaining({ playerId: "cid", connection: "left" }),
    );
  });

  test("a leave that could not be saved is said, and the player stays", async () => {
    const { stage } = await open();
    const { viewer, hosted } = await attach("ann");
    store.failuresLeft = 1;
    answers.handle(hosted, viewer, { kind: "leave" });
    await settle();
    expect(told(viewer).at(-1)).toBe("UNAVAILABLE");
    expect(outlet.closed).toEqual([]);
    expect(stage.session.roster.seat("ann")?.connection).toBe("connected");
  });

  test("one who is gone is answered nothing", async () => {
    await open();
    const { viewer, hosted } = await attach("ann");
    answers.handle(hosted, viewer, { kind: "action", action: RELOAD });
    host.detach(hosted, viewer);
    const before = told(viewer).length;
    answers.handle(hosted, viewer, { kind: "ping", t: 1 });
    await pass(3);
    expect(told(viewer)).toHaveLength(before);
  });
});
