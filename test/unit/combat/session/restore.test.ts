/** Restore: checkpoint, entries and what changed are the session as it was shown; what is broken is passed over and said. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { readJournal } from "#combat/events/read-journal.ts";
import { restore } from "#combat/session/restore.ts";
import type { SessionEvent } from "#combat/session/session-events.ts";
import { patchOf, sessionOf, stateOf } from "#combat/session/state.ts";
import type { JournalEntry, KeptSession } from "#combat/stores/live-store.ts";
import { createMemoryLiveStore } from "#combat/stores/live-store-memory.ts";
import { encodeEntry, encodeState } from "#combat/stores/state-codec.ts";
import { nextBelow } from "#kit/rng.ts";
import { gate } from "./faults.ts";
import { blow, must, OWNER, Stage } from "./fixture.ts";
import { Keeping, shownOf, useFakeTimers } from "./keeping.ts";
import { RandomPlay, seeds } from "./random-play.ts";

beforeEach(useFakeTimers);
afterEach(() => {
  vi.useRealTimers();
});

describe("after every turn that is kept", () => {
  const met = new Set<string>();

  test.each(seeds(25))(
    "seed %i: everything shown is in what is kept, and what is not published is there once",
    async (seed) => {
      const play = new RandomPlay(seed);
      const { session, clock } = play.stage;
      const keeping = new Keeping(clock);
      const hosted = keeping.host(session);
      const told: SessionEvent[] = [];
      let away = gate();
      keeping.sinkFaults.before = () => away.opened;
      for (let turns = 0; turns < 80; turns++) {
        play.play(1 + nextBelow(play.rng, 4));
        if (nextBelow(play.rng, 8) === 0) await keeping.pass(nextBelow(play.rng, 3_000)); // Checkpoints, at times.
        if (nextBelow(play.rng, 10) === 0) {
          away.open(); // The sink takes what waits.
          away = gate();
        }
        const { verdicts, events } = await keeping.show(hosted);
        told.push(...events);
        for (const { body } of events) met.add(body.kind);
        if (events.length === 0) continue;
        expect(verdicts).toEqual(["kept"]);
        const { state, unpublished, broken, topSeq } = await keeping.restored("session");
        expect(broken).toEqual([]);
        expect(topSeq).toBe(session.seqOfLastEvent);
        expect(shownOf(sessionOf(state!, { epoch: 1, owner: OWNER }, 0))).toEqual(shownOf(session));
        const publishedSeq = keeping.table.get("session")!.publishedSeq;
        expect(unpublished).toEqual(told.filter(({ seq }) => seq > publishedSeq));
      }
      away.open();
      await keeping.end();
    },
  );

  test("so were all that a session can tell", () => {
    expect([...met].sort()).toEqual([
      ...["damage_dealt", "player_disconnected", "player_joined", "player_killed", "player_left"],
      ...["player_reconnected", "player_respawned", "projectile_ended", "projectile_fired"],
      ...["round_ended", "round_started", "session_ended"],
      ...["session_paused", "session_resumed", "session_started"],
    ]);
  });
});

describe("a connection that is lost, or comes back", () => {
  const stage = new Stage();
  stage.startDuel();
  const { session } = stage;
  const ann = session.roster.seat("ann")!;
  session.handleConnect(stage.clock.unixMs(), ann);
  session.pollEvents();
  const checkpoint = { lastSeq: session.seqOfLastEvent, bytes: encodeState(stateOf(session)) };
  const entries: KeptSession["entries"][number][] = [];
  const keep = () => {
    const events = session.pollEvents();
    const patch = patchOf(session, events);
    if (patch === null) throw new Error("kept as a whole state");
    entries.push({ lastSeq: session.seqOfLastEvent, bytes: encodeEntry({ events, after: { patch } }) });
    const kept = { checkpoint, previous: null, entries, publishedSeq: 0 };
    expect(restore("session", kept).state?.seats).toEqual(session.roster.seats);
  };

  test("is kept as what it changed: the seat", () => {
    session.handleDisconnect(stage.clock.unixMs(), ann);
    keep();
    expect(ann.connection).toBe("disconnected");
    stage.tick(3);
    session.handleConnect(stage.clock.unixMs(), ann);
    keep();
    expect(ann.connection).toBe("connected");
    session.handleDisconnect(stage.clock.unixMs(), ann);
    session.handleConnect(stage.clock.unixMs(), ann); // Both in one entry: what it is in the end.
    keep();
  });
});

/** Ann hurts Bob, blow by blow: event 4 and so on, each an entry of its own; a checkpoint after each. */
class Fight {
  readonly stage = new Stage();
  readonly entries: { lastSeq: number; bytes: Uint8Array }[] = [];
  readonly checkpoints: { lastSeq: number; bytes: Uint8Array }[] = [];
  readonly healths = new Map<number, number>();

  constructor(blows: number) {
    this.stage.startDuel();
    this.keep();
    for (let left = blows; left > 0; left--) {
      must(this.stage.session.handleDamage(blow("bob", { attackerId: "ann", damage: 100 }), null));
      this.stage.tick();
      this.keep();
    }
  }

  private keep(): void {
    const { session } = this.stage;
    const events = session.pollEvents();
    const patch = patchOf(session, events);
    const lastSeq = session.seqOfLastEvent;
    const after = patch === null ? { state: stateOf(session) } : { patch };
    this.entries.push({ lastSeq, bytes: encodeEntry({ events, after }) });
    this.checkpoints.push({ lastSeq, bytes: encodeState(stateOf(session)) });
    this.healths.set(lastSeq, session.fighter(session.roster.seat("bob")!)!.health);
  }

  /** All entries; checkpoints as said, by place. */
  kept(rest: Partial<KeptSession> = {}): KeptSession {
    return { checkpoint: null, previous: null, entries: this.entries, publishedSeq: 0, ...rest };
  }
}

function torn<Block extends { bytes: Uint8Array }>(block: Block): Block {
  const bytes = Uint8Array.from(block.bytes);
  bytes[bytes.length >> 1]! ^= 1;
  return { ...block, bytes };
}

describe("what is broken", () => {
  const fight = new Fight(6);
  const [begun, ...blows] = fight.entries;
  const [first, second, third] = fight.checkpoints.slice(1);
  const lastSeq = fight.stage.session.seqOfLastEvent;

  const at = (kept: KeptSession) => {
    const { state, broken, topSeq } = restore("session", kept);
    const health = state === null ? null : sessionOf(state, { epoch: 1, owner: OWNER }, 0).world.fighters[1]!.health;
    return { seq: state?.start.lastSeq ?? null, health, broken: broken.length, topSeq };
  };
  const intact = { seq: lastSeq, health: fight.healths.get(lastSeq), broken: 0, topSeq: lastSeq };

  test.each<{ name: string; kept: KeptSession; found: Partial<ReturnType<typeof at>> }>([
    {
      name: "nothing: the newest checkpoint with the entries after it",
      kept: fight.kept({ checkpoint: third! }),
      found: intact,
    },
    { name: "nothing, and no checkpoint: the entries from the beginning", kept: fight.kept(), found: intact },
    {
      name: "nothing, and no entry: the checkpoint",
      kept: fight.kept({ checkpoint: third!, entries: [] }),
      found: { seq: third!.lastSeq, broken: 0 },
    },
    {
      name: "the newest checkpoint: the one before, and what came since",
      kept: fight.kept({ checkpoint: torn(third!), previous: second!, entries: blows.slice(2) }),
      found: { ...intact, broken: 1 },
    },
    {
      name: "both checkpoints: the entries, where they begin with everything",
      kept: fight.kept({ checkpoint: torn(third!), previous: torn(second!) }),
      found: { ...intact, broken: 2 },
    },
    {
      name: "both checkpoints, and what is left only says what changed: nothing",
      kept: fight.kept({ checkpoint: torn(third!), previous: torn(second!), entries: blows }),
      found: { seq: null, health: null, topSeq: lastSeq },
    },
    {
      name: "an entry that a checkpoint covers: nothing is missing",
      kept: fight.kept({ checkpoint: third!, entries: [begun!, torn(blows[0]!), ...blows.slice(1)] }),
      found: { ...intact, broken: 1 },
    },
    {
      name: "an entry that nothing covers: what follows on it is not guessed at",
      kept: fight.kept({ checkpoint: first!, entries: [blows[0]!, torn(blows[1]!), ...blows.slice(2)] }),
      found: { seq: first!.lastSeq, health: fight.healths.get(first!.lastSeq), broken: 5, topSeq: lastSeq },
    },
    {
      name: "the last entry: the state before it, and its number is not given again",
      kept: fight.kept({ checkpoint: third!, entries: [...blows.slice(0, -1), torn(blows.at(-1)!)] }),
      found: { seq: lastSeq - 1, broken: 1, topSeq: lastSeq },
    },
    {
      name: "an entry in between, but one with everything follows",
      kept: fight.kept({
        checkpoint: null,
        entries: [
          torn(begun!),
          ...blows.slice(0, 2),
          { lastSeq, bytes: encodeEntry({ events: [], after: { state: stateOf(fight.stage.session) } }) },
        ],
      }),
      found: { seq: lastSeq },
    },
    {
      name: "there is a gap between the checkpoint and the entries",
      kept: fight.kept({ checkpoint: first!, entries: blows.slice(2) }),
      found: { seq: first!.lastSeq, broken: 4, topSeq: lastSeq },
    },
    {
      name: "nothing at all was kept",
      kept: fight.kept({ entries: [] }),
      found: { seq: null, health: null, broken: 0, topSeq: 0 },
    },
    {
      name: "more is published than anything kept says",
      kept: fight.kept({ checkpoint: third!, publishedSeq: lastSeq + 9 }),
      found: { seq: lastSeq, topSeq: lastSeq + 9 },
    },
  ])("$name", ({ kept, found }) => {
    expect(at(kept)).toMatchObject(found);
  });
});

test("events of a journal are found in order, each once, though written twice; those in torn entries are passed over", async () => {
  const fight = new Fight(6);
  const [begun, ...blows] = fight.entries;
  const lastSeq = fight.stage.session.seqOfLastEvent;
  const live = createMemoryLiveStore();
  const nothing = { entry: null, checkpoint: null, trimSeq: null, publishedSeq: null, afterSeq: null };
  const append = (entry: JournalEntry) => live.open([{ sessionId: "session", epoch: 1, ...nothing, entry }]);
  const seqs = async (afterSeq: number) => (await readJournal(live, "session", afterSeq)).map(({ seq }) => seq);
  for (const entry of [begun!, torn(blows[0]!), ...blows.slice(1)]) await append(entry);
  const readable = Array.from({ length: lastSeq - 1 }, (_, at) => at + 2).filter((seq) => seq !== blows[0]!.lastSeq);
  expect(await seqs(1)).toEqual(readable);
  const events = await readJournal(live, "session", 2);
  const after = { state: stateOf(fight.stage.session) };
  await append({ lastSeq: lastSeq + 1, bytes: encodeEntry({ events, after }) });
  expect(await seqs(1)).toEqual(readable);
});
