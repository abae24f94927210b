/** What is told is added up once, and outlives the owner: in checkpoints, over patches, and in the record. */
import { expect, test } from "vitest";
import { recordOf, reopen } from "#combat/session/record.ts";
import { restore } from "#combat/session/restore.ts";
import { patchOf, sessionOf, stateOf } from "#combat/session/state.ts";
import { noTally } from "#combat/session/tally.ts";
import { encodeEntry, encodeState } from "#combat/stores/state-codec.ts";
import { blow, must, Stage } from "./fixture.ts";

/** Ann hurts bob twice with the rifle, and fells him with a blow that has no weapon. */
function fought(stage: Stage): void {
  const by = { attackerId: "ann" };
  must(stage.session.handleDamage(blow("bob", { ...by, damageType: "bullet", weapon: "assault_rifle" }), null));
  must(
    stage.session.handleDamage(
      blow("bob", { ...by, damageType: "bullet", weapon: "assault_rifle", headshot: true }),
      null,
    ),
  );
  stage.tick();
  must(stage.session.handleDamage(blow("bob", { ...by, damage: 50_000, damageType: "melee" }), null));
  stage.tick();
}

test("counts kinds of events, and damage by weapon and kind", () => {
  const stage = new Stage();
  stage.startDuel();
  fought(stage);
  const { events, weapons, damageTypes } = stage.session.tally;
  expect(events).toMatchObject({ player_joined: 2, session_started: 1, damage_dealt: 3, player_killed: 1 });
  expect(weapons).toEqual({ assault_rifle: { kills: 0, damage: 2_000, hits: 2, headshots: 1 } });
  expect(damageTypes).toEqual({ bullet: { damage: 2_000, hits: 2 }, melee: { damage: 8_000, hits: 1 } });
});

test("the next owner goes on with it: a checkpoint, and the events of the entries after it, each once", () => {
  const stage = new Stage();
  stage.startDuel();
  const { session } = stage;
  must(session.handleDamage(blow("bob"), null));
  stage.tick();
  session.pollEvents();
  const checkpoint = { lastSeq: session.seqOfLastEvent, bytes: encodeState(stateOf(session)) };
  const entries = [];
  for (let hits = 0; hits < 2; hits++) {
    must(session.handleDamage(blow("bob"), null));
    stage.tick();
    const events = session.pollEvents();
    const patch = patchOf(session, events);
    entries.push({ lastSeq: session.seqOfLastEvent, bytes: encodeEntry({ events, after: { patch: patch! } }) });
  }
  const kept = { checkpoint, previous: null, entries, publishedSeq: 0, final: false };
  const { state, broken } = restore(session.id, kept as Parameters<typeof restore>[1]);
  expect(broken).toEqual([]);
  expect(state?.tally).toEqual(session.tally);
  const next = sessionOf(state!, { epoch: 2, owner: "there#1" }, 0);
  expect(next.tally).toEqual(session.tally);
  expect(next.tally).not.toBe(state?.tally);
});

test("the record has it, and a session that is opened by its record alone goes on with it", () => {
  const stage = new Stage();
  stage.startDuel();
  fought(stage);
  const record = recordOf(stage.session);
  expect(record.tally).toEqual(stage.session.tally);
  expect(reopen(record, { nowMs: 0, unixMs: 0 }).tally).toEqual(record.tally);
  const { tally: _, ...older } = record;
  expect(reopen(older, { nowMs: 0, unixMs: 0 }).tally).toEqual(noTally());
});
