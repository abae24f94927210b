/**
 * Recordings over deaths of combat, on real stores. Promise P2: what was shown is in the session's replay, though the
 * process that showed it was killed before it had written what it recorded.
 */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { fromBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, expect, test } from "vitest";
import { unpackWorld } from "#combat/sim/packed-world.ts";
import { decodePart } from "#combat/stores/recording-codec.ts";
import { RecordedPartSchema } from "#gen/necpgame/combat/v1/recording_pb.js";
import { realStores } from "#support/real-stores.ts";
import { replayParts, runReplay } from "#support/replay-tool.ts";
import { restCaller } from "#support/rest.ts";
import { type Service, type System, startService, startSystem } from "#support/system.ts";
import { freePorts } from "#tools/services/ports.ts";
import { createMatch, hurt, type Match, openAll, you } from "../e2e/match.ts";
import { createOwnDatabase, type OwnDatabase } from "./own-database.ts";

const TEST_MS_MAX = 240_000;
const KILLS = 3;

let own: OwnDatabase;
let folder: string;
let system: System;
let combat: Service;
let env: { [name: string]: string };

beforeAll(async () => {
  own = await createOwnDatabase();
  folder = await mkdtemp(join(tmpdir(), "combat-replay-"));
  const [grpc, http, admin] = (await freePorts(3)) as [number, number, number];
  env = {
    ...realStores().env,
    DATABASE_URL: own.url,
    DATA_DIR: folder,
    COMBAT_INSTANCE: `replay-${grpc}`,
    COMBAT_GRPC_PORT: String(grpc),
    COMBAT_HTTP_PORT: String(http),
    COMBAT_ADMIN_PORT: String(admin),
  };
  system = await startSystem({ dataDir: folder, env });
  combat = system.combat;
}, TEST_MS_MAX);

afterAll(async () => {
  await combat?.stop();
  await system?.stop();
  await own?.drop();
  await rm(folder, { recursive: true, force: true });
});

/** Until the service answers again after its death; what it dealt without an answer is not dealt again. */
async function hurtWhenServed(match: Match, targetId: string): Promise<void> {
  const by = randomUUID();
  for (let tries = 0; ; tries++) {
    try {
      return await hurt(system, match, targetId, 1, by);
    } catch (error) {
      if (tries === 200) throw error;
      await delay(100);
    }
  }
}

test(
  `killed ${KILLS} times right after something was shown, the replay has all of it, in one epoch or the next one's state`,
  async () => {
    const match = await createMatch(system, "json", { score_limit: 100 });
    const [viewer, target] = await openAll(system, match);
    const targetId = you(target).playerId;
    let shown = 0;
    for (let kill = 1; kill <= KILLS; kill++) {
      await delay(2_000); // Each owner lives long enough to write how it began.
      for (let blows = 0; blows < 5; blows++) {
        await hurtWhenServed(match, targetId);
        shown += 1;
      }
      // By events, or by the full state where some fell into the gap.
      await viewer.until("all that was dealt", () => viewer.view.players.get(targetId)?.health === 100 - shown);
      await combat.stop("SIGKILL");
      combat = await startService("combat", env);
    }
    await hurtWhenServed(match, targetId);
    await delay(1_500);
    const ended = await match.service.end(match.sessionId);
    expect(ended.ok).toBe(true);

    const token = await system.token(match.playerIds[0]);
    const parts = await replayParts(restCaller(system.url, token), match.sessionId);
    const epochs = [...new Set(parts.map(({ epoch }) => epoch))];
    expect(epochs).toHaveLength(KILLS + 1);
    const worlds = epochs.slice(1).map((epoch) => {
      const { content } = parts.find((part) => part.epoch === epoch)!;
      return unpackWorld(decodePart(Buffer.from(content, "base64")).world!);
    });
    const slot = seatOf(parts[0]!.content, targetId);
    worlds.forEach((world, index) => {
      expect(world.fighters[slot]?.damageTaken).toBe((index + 1) * 5 * 100);
    });
    const last = decodePart(Buffer.from(parts.at(-1)!.content, "base64"));
    expect(last.end).toBe("over");
    expect(unpackWorld(last.world!).fighters[slot]?.damageTaken).toBe((KILLS * 5 + 1) * 100);

    const run = await runReplay(["--session", match.sessionId, "--url", system.url], { TOKEN: token });
    expect(run).toMatchObject({ code: 0, errors: "" });
    expect(run.out.match(/as recorded: /g)).toHaveLength(KILLS + 1);
    expect(run.out.match(/no end was written: whole up to/g)?.length ?? 0).toBeLessThanOrEqual(KILLS);
  },
  TEST_MS_MAX,
);

function seatOf(content: string, playerId: string): number {
  const { seats } = fromBinary(RecordedPartSchema, gunzipSync(Buffer.from(content, "base64")));
  const seat = seats.find((each) => each.playerId === playerId);
  if (seat === undefined) throw new Error("the recording knows who sat where");
  return seat.slot;
}
