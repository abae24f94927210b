/**
 * Combat caller: sessions made, started, hurt, read and ended over gRPC, as another service of the game does it.
 * In:  combat's gRPC address and the folder of its development key.   Out: answers; a refusal rejects.
 */
import { randomUUID } from "node:crypto";
import { loadAuthConfig } from "#auth/auth-config.ts";
import { createIssuer } from "#auth/issuer.ts";
import { DamageType } from "#gen/necpgame/combat/v1/realtime_pb.js";
import { type CombatSession, GameMode, SessionStatus } from "#gen/necpgame/combat/v1/session_pb.js";
import {
  CombatSessionService,
  type JoinSessionResponse,
  type ListSessionsResponse,
} from "#gen/necpgame/combat/v1/session_service_pb.js";
import { systemClock } from "#kit/clock.ts";
import { GrpcCaller } from "#support/grpc-caller.ts";

const CALLS_AT_ONCE = 32;
const TOKEN_SECONDS = 3_600;
const { method } = CombatSessionService;

export async function serviceToken(dataDir: string): Promise<string> {
  const issuer = createIssuer(await loadAuthConfig({ DATA_DIR: dataDir }), systemClock);
  return issuer.user({ sub: randomUUID(), roles: ["service"], ttlSeconds: TOKEN_SECONDS });
}

export class CombatCaller {
  private readonly grpc: GrpcCaller;
  private readonly token: string;

  constructor(target: string, token: string) {
    this.grpc = new GrpcCaller(target);
    this.token = token;
  }

  /** Active sessions with everybody seated, each seat expected. */
  async start(count: number, players: number): Promise<CombatSession[]> {
    return this.all(Array.from({ length: count }), async () => {
      const teams = [randomUUID(), randomUUID()];
      const participants = Array.from({ length: players }, (_, slot) => ({
        playerId: randomUUID(),
        teamId: teams[slot % 2] as string,
      }));
      const asked = { gameMode: GameMode.TEAM_DEATHMATCH, participants, autoStart: false, timeLimitMinutes: 60 };
      const { id } = await this.grpc.call(
        method.createSession,
        { ...asked, maxPlayers: players, scoreLimit: 500 },
        this.token,
      );
      return this.grpc.call(method.startSession, { sessionId: id }, this.token);
    });
  }

  /** Sessions that wait with two of their players seated, and are stepped as seldom as may be: they only have to be there. */
  async wait(count: number, maxPlayers: number): Promise<CombatSession[]> {
    return this.all(Array.from({ length: count }), () => {
      const participants = [1, 2].map(() => ({ playerId: randomUUID(), teamId: randomUUID() }));
      const asked = { gameMode: GameMode.TEAM_DEATHMATCH, participants, autoStart: false, tickRateHz: 1 };
      return this.grpc.call(method.createSession, { ...asked, maxPlayers }, this.token);
    });
  }

  /** All that wait, whoever made them. */
  async waiting(): Promise<CombatSession[]> {
    const found: CombatSession[] = [];
    let pageToken = "";
    do {
      const asked = { status: SessionStatus.WAITING, pageSize: 100, ...(pageToken !== "" && { pageToken }) };
      const page: ListSessionsResponse = await this.grpc.call(method.listSessions, asked, this.token);
      found.push(...page.sessions);
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    return found;
  }

  join(sessionId: string, playerId: string): Promise<JoinSessionResponse> {
    return this.grpc.call(method.joinSession, { sessionId, playerId }, this.token);
  }

  /** Each session is hurt so many times, its players in turns, beginning with the one of this number. */
  async hurt(sessions: readonly CombatSession[], times: number, from = 0): Promise<void> {
    for (let time = from; time < from + times; time++) {
      await this.all(sessions, ({ id: sessionId, participants }) => {
        const target = participants[time % participants.length]!;
        const blow = { sessionId, targetId: target.playerId, damage: 1, damageType: DamageType.EXPLOSION };
        return this.grpc.call(method.applyDamage, blow, this.token);
      });
    }
  }

  end(sessions: readonly CombatSession[]): Promise<unknown> {
    return this.all(sessions, ({ id: sessionId }) => this.grpc.call(method.endSession, { sessionId }, this.token));
  }

  read(sessionId: string): Promise<CombatSession> {
    return this.grpc.call(method.getSession, { sessionId }, this.token);
  }

  close(): void {
    this.grpc.close();
  }

  private async all<In, Out>(items: readonly In[], call: (item: In) => Promise<Out>): Promise<Out[]> {
    const answers: Out[] = [];
    let next = 0;
    const lane = async () => {
      for (let at = next++; at < items.length; at = next++) answers[at] = await call(items[at]!);
    };
    await Promise.all(Array.from({ length: CALLS_AT_ONCE }, lane));
    return answers;
  }
}
