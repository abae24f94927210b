/**
 * Coming back: a player whose connection broke gets what it missed, once and in order, or everything; never silence.
 * In both socket formats, over real processes.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CombatEvent, WireFormat } from "#client/index.ts";
import { type System, startSystem } from "#support/system.ts";
import { createMatch, hurt, type Match, openAll, openPlayer } from "./match.ts";
import { refusedHandshake, Viewer } from "./viewer.ts";

const FORMATS = ["json", "protobuf"] as const satisfies readonly WireFormat[];
const KEPT_EVENTS = 1_024; // What a session keeps for those who come back (services/combat/limits.ts).

let system: System;

beforeAll(async () => {
  system = await startSystem();
});

afterAll(async () => {
  await system?.stop();
});

type Broken = {
  readonly match: Match;
  /** Stays connected: its events are the measure. */
  readonly witness: Viewer;
  /** The socket that broke off. */
  readonly before: Viewer;
  readonly playerId: string;
};

/** A running match, one player broken off, and two events told that it has missed beside its own disconnection. */
async function breakOff(format: WireFormat): Promise<Broken> {
  const match = await createMatch(system, format);
  const [witness, before] = await openAll(system, match);
  const playerId = match.playerIds[1];
  await hurt(system, match, playerId, 5);
  await before.event("damage_dealt");
  await before.terminate();
  await witness.event("player_disconnected");
  for (const damage of [10, 20]) await hurt(system, match, playerId, damage);
  await witness.until("the damage missed", () => damagesOf(witness.events).length === 3);
  return { match, witness, before, playerId };
}

async function comeBack(broken: Broken, query: { readonly [name: string]: string } = {}): Promise<Viewer> {
  const { match, before, playerId } = broken;
  const { sessionId, format } = match;
  const token = await system.token(playerId);
  return Viewer.open({ url: system.url, sessionId, format, token, query }, before);
}

function damagesOf(events: readonly CombatEvent[]): number[] {
  return events.flatMap((event) => (event.event === "damage_dealt" ? [event.data.damage] : []));
}

/** What was missed came once and in order, with nothing else before it; then the match goes on live. */
async function expectResumed({ match, witness, before, playerId }: Broken, returned: Viewer): Promise<void> {
  await returned.event("player_reconnected");
  await witness.event("player_reconnected");
  const missed = witness.events.filter(({ seq }) => seq > before.view.lastSeq);
  expect(missed.map(({ event }) => event)).toEqual([
    "player_disconnected",
    "damage_dealt",
    "damage_dealt",
    "player_reconnected",
  ]);
  expect(returned.events).toEqual(missed);
  await hurt(system, match, playerId, 30);
  await returned.until("damage told live", () => damagesOf(returned.events).length === 3);
  await witness.until("damage told live", () => damagesOf(witness.events).length === 4);
  await returned.flush();
  expect(returned.events).toEqual(witness.events.filter(({ seq }) => seq > before.view.lastSeq));
  expect(damagesOf(returned.events)).toEqual([10, 20, 30]);
  await returned.until("the health that is left", () =>
    returned.messages.some(
      (message) => message.type === "state_update" && message.players.some(({ health }) => health === 35),
    ),
  );
  const seq = returned.input("combat_action", { action_type: "attack", direction: { x: 0, y: 0, z: 1 } });
  expect(await returned.answer(seq)).toMatchObject({ success: true });
  expect(returned.states).toEqual([]);
}

/** Everything, at once and in place of what was missed; then the match goes on live. */
async function expectFullState({ match, witness, playerId }: Broken, returned: Viewer): Promise<void> {
  const state = await returned.until("session_state", () => returned.states[0]);
  expect(returned.messages[0]?.type).toBe("session_state");
  expect(state.you?.player_id).toBe(playerId);
  expect(state.session.participants).toHaveLength(match.playerIds.length);
  await hurt(system, match, playerId, 3);
  await returned.until("damage told live", () => damagesOf(returned.events).includes(3));
  await witness.until("damage told live", () => damagesOf(witness.events).includes(3));
  expect(returned.events).toEqual(witness.events.filter(({ seq }) => seq > state.last_seq));
  expect(returned.states).toHaveLength(1);
}

describe.each(FORMATS)("over combat.v1.%s", (format) => {
  test("an in-band resume gets exactly what was missed, and no session_state", async () => {
    const broken = await breakOff(format);
    const returned = await comeBack(broken);
    returned.send("resume", { epoch: broken.before.view.epoch, frame: broken.before.view.frame });
    await expectResumed(broken, returned);
  });

  test("a resume in the handshake gets exactly what was missed, and no session_state", async () => {
    const broken = await breakOff(format);
    const { epoch, frame } = broken.before.view;
    await expectResumed(broken, await comeBack(broken, { resume: `${epoch}.${frame}` }));
  });

  test("another epoch is answered with session_state", async () => {
    const broken = await breakOff(format);
    const { epoch, frame } = broken.before.view;
    await expectFullState(broken, await comeBack(broken, { resume: `${epoch + 1}.${frame}` }));
  });

  test("an in-band resume of another epoch is answered with session_state", async () => {
    const broken = await breakOff(format);
    const returned = await comeBack(broken);
    returned.send("resume", { epoch: broken.before.view.epoch + 1, frame: broken.before.view.frame });
    await expectFullState(broken, returned);
  });

  test("a frame that was never told is answered with session_state", async () => {
    const broken = await breakOff(format);
    await expectFullState(broken, await comeBack(broken, { resume: `${broken.before.view.epoch}.4000000000` }));
  });

  test("who does not say where it stopped gets session_state", async () => {
    const broken = await breakOff(format);
    await expectFullState(broken, await comeBack(broken));
  });

  test("a second socket of the same player takes over: the older is closed with 4506, the seat stays", async () => {
    const match = await createMatch(system, format);
    const [witness, older] = await openAll(system, match);
    const newer = await openPlayer(system, match, match.playerIds[1]);
    expect((await older.closed).code).toBe(4506);
    const seq = newer.input("combat_action", { action_type: "attack", direction: { x: 0, y: 0, z: 1 } });
    expect(await newer.answer(seq)).toMatchObject({ success: true });
    await witness.flush();
    const told = witness.events.map(({ event }) => event);
    expect(told).not.toContain("player_disconnected");
    expect(told).not.toContain("player_left");
    expect(newer.closedNow).toBeNull();
  });
});

test("a frame from before what is kept is answered with session_state", async () => {
  const broken = await breakOff("json");
  const { epoch, frame } = broken.before.view;
  for (let told = 0; told < KEPT_EVENTS; told += 32) {
    await Promise.all(Array.from({ length: 32 }, () => hurt(system, broken.match, broken.playerId, 0.05)));
  }
  await broken.witness.until("more events than are kept", () => damagesOf(broken.witness.events).length > KEPT_EVENTS);
  await expectFullState(broken, await comeBack(broken, { resume: `${epoch}.${frame}` }));
});

test("after the grace the seat is gone: player_left is told, coming back is refused with 403", async () => {
  const match = await createMatch(system, "json", { playerCount: 3, reconnect_grace_seconds: 1 });
  const [witness, , third] = await openAll(system, match);
  const playerId = match.playerIds[2] as string;
  await third?.terminate();
  const broke = await witness.event("player_disconnected");
  const left = await witness.event("player_left");
  expect([broke.data, left.data]).toEqual([{ player_id: playerId }, { player_id: playerId }]);
  const graceTicks = witness.view.tickRateHz; // One second of match time, which is what grace is counted in.
  expect(left.tick - broke.tick).toBeGreaterThanOrEqual(graceTicks);
  expect(left.tick - broke.tick).toBeLessThanOrEqual(graceTicks + 2);
  const address = { url: system.url, sessionId: match.sessionId, format: match.format };
  const refusal = await refusedHandshake({ ...address, token: await system.token(playerId) });
  expect(refusal).toEqual({ status: 403, error: "FORBIDDEN" });
});
