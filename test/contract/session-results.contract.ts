/** Contract of results in SQL: who played a session to its end stands there once, with the figures of its record. */
import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import type { Database } from "#combat/stores/database.ts";
import type { ParticipantRecord, SessionRecord } from "#combat/stores/session-store.ts";
import { ended, next, seat, sessionRecord } from "./session-record.ts";
import type { Given } from "./session-stores-under-test.ts";

const COLUMNS = `session_id, player_id, team_id, won, kills, deaths, assists, damage_dealt, damage_taken, shots_fired,
  shots_hit, headshots, ended_at_ms`;

/** `database` gives what the stores are over now. */
export function sessionResultsContract(given: Given, database: () => Database): void {
  const results = (sessionId: string) =>
    database().query(`select ${COLUMNS} from player_results where session_id = $1 order by team_id`, [sessionId]);

  async function active(): Promise<SessionRecord> {
    const red: ParticipantRecord = {
      ...seat(randomUUID(), 0),
      kills: 3,
      damageDealt: 30_050,
      shotsFired: 9,
      shotsHit: 4,
    };
    const blue: ParticipantRecord = {
      ...seat(randomUUID(), 1),
      deaths: 3,
      assists: 1,
      damageTaken: 30_050,
      headshots: 2,
    };
    const record = sessionRecord({ status: "active", participants: [red, { ...blue, connection: "left" }] });
    await given().stores.sessions.create(record, null);
    return record;
  }

  function rowOf(record: SessionRecord, { playerId, teamId, ...figures }: ParticipantRecord) {
    return {
      session_id: record.id,
      player_id: playerId,
      team_id: teamId,
      won: teamId === record.winnerTeamId,
      kills: figures.kills,
      deaths: figures.deaths,
      assists: figures.assists,
      damage_dealt: figures.damageDealt,
      damage_taken: figures.damageTaken,
      shots_fired: figures.shotsFired,
      shots_hit: figures.shotsHit,
      headshots: figures.headshots,
      ended_at_ms: record.endedAtMs,
    };
  }

  function rowsOf(record: SessionRecord) {
    const byTeam = record.participants.toSorted((a, b) => (a.teamId < b.teamId ? -1 : 1));
    return byTeam.map((participant) => rowOf(record, participant));
  }

  test.each(["red", "blue", null])(
    "the record that says ended writes all players' results; winner %s",
    async (winner) => {
      const record = await active();
      const change = ended(record, { winnerTeamId: winner });
      await given().stores.sessions.update(change);
      expect(await results(record.id)).toEqual(rowsOf(change));
    },
  );

  test("written again after its answer was lost they are there once; a later record corrects them", async () => {
    const { sessions } = given().stores;
    const change = ended(await active(), { winnerTeamId: "red" });
    await sessions.update(change);
    expect(await sessions.update(change)).toBe(true);
    expect(await results(change.id)).toEqual(rowsOf(change));
    const figures = change.participants.map((participant) => ({ ...participant, kills: participant.kills + 1 }));
    const corrected = next(change, { participants: figures, winnerTeamId: "blue" });
    await sessions.update(corrected);
    expect(await results(change.id)).toEqual(rowsOf(corrected));
  });

  test("no results come of a session that goes on, was cancelled, or whose end was refused", async () => {
    const { sessions } = given().stores;
    const goesOn = await active();
    await sessions.update(next(goesOn, { status: "paused" }));
    const cancelled = await active();
    await sessions.update(ended(cancelled, { status: "cancelled" }));
    const refused = await active();
    expect(await sessions.update({ ...ended(refused), epoch: 0 })).toBe(false);
    for (const { id } of [goesOn, cancelled, refused]) expect(await results(id)).toEqual([]);
  });

  test("where results cannot be written, neither is the record, nor what it tells", async () => {
    const { sessions, outbox } = given().stores;
    const record = await active();
    const broken = { ...ended(record), endedAtMs: null };
    await expect(sessions.update(broken, [{ kind: "session_paused" }])).rejects.toMatchObject({ code: "23502" });
    expect(await sessions.get(record.id)).toEqual(record);
    expect(await outbox.count()).toBe(0);
  });

  test("columns say what the records say, also after claims", async () => {
    const { sessions, claims } = given().stores;
    const record = await active();
    await sessions.update(next(record, { status: "paused", lastSeq: 12 }));
    await claims.claim([{ id: record.id, owner: record.owner }], "combat-2#boot");
    const [row] = await database().query("select version, epoch, owner, status from combat_sessions where id = $1", [
      record.id,
    ]);
    const { version, epoch, owner, status } = (await sessions.get(record.id)) as SessionRecord;
    expect(row).toEqual({ version, epoch, owner, status });
    expect(row).toEqual({ version: 3, epoch: 2, owner: "combat-2#boot", status: "paused" });
  });
}
