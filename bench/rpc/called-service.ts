/**
 * Called service: combat and gateway with nothing behind them, and empty handlers that answer the same bytes.
 * In:  nothing.   Out: where each is called, and loads for the three methods with what they need made before.
 * Law: what a load leaves behind is ended before the next, so that memory and ticks stay as they were.
 */
import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, type DescMethod, toBinary } from "@bufbuild/protobuf";
import { type CombatSession, CombatSessionSchema } from "#gen/necpgame/combat/v1/session_pb.js";
import { CombatSessionService, JoinSessionResponseSchema } from "#gen/necpgame/combat/v1/session_service_pb.js";
import { CombatCaller, serviceToken } from "../combat-caller.ts";
import { type BenchService, startService } from "../services.ts";
import { nextMessage } from "../sockets/answers.ts";
import type { EmptyAnswer, EmptyOrder } from "./empty-handler-process.ts";
import type { MethodName } from "./load.ts";

const EMPTY_PROCESS = new URL("empty-handler-process.ts", import.meta.url).pathname;
/** All calls come from one address. */
const UNLIMITED = { GATEWAY_REQUESTS_PER_ADDRESS: "10000000", GATEWAY_REQUESTS_PER_PLAYER: "10000000" } as const;
const PLAYERS = 20;
const READ_SESSIONS = 50;
const SEATS = 50;
const SEATED_BEFORE = 2;
const { method } = CombatSessionService;

type Place = { readonly target: string; readonly url: string; readonly pid: number };

export class CalledService {
  readonly token: string;
  readonly service: Place & { readonly gatewayPid: number };
  readonly empty: Place;
  private readonly parts: Parts;

  private constructor(parts: Parts, empty: EmptyAnswer) {
    this.parts = parts;
    this.token = parts.token;
    const path = restPath(parts.read[0]!);
    const { combat, gateway, child } = parts;
    const url = `${String(gateway.ready["http"])}${path}`;
    this.service = { target: String(combat.ready["grpc"]), url, pid: combat.pid, gatewayPid: gateway.pid };
    const { grpcPort, httpPort } = empty;
    this.empty = { target: `127.0.0.1:${grpcPort}`, url: `http://127.0.0.1:${httpPort}${path}`, pid: child.pid! };
  }

  static async start(): Promise<CalledService> {
    const dataDir = await mkdtemp(join(tmpdir(), "combat-bench-"));
    const combat = await startService("combat", { DATA_DIR: dataDir });
    const target = String(combat.ready["grpc"]);
    const gateway = await startService("gateway", { DATA_DIR: dataDir, COMBAT_GRPC_TARGET: target, ...UNLIMITED });
    const token = await serviceToken(dataDir);
    const caller = new CombatCaller(target, token);
    const read = await caller.start(READ_SESSIONS, PLAYERS);
    const child = fork(EMPTY_PROCESS, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    const parts = { combat, gateway, child, caller, token, read, dataDir };
    child.send(await emptyOrder(parts));
    return new CalledService(parts, await nextMessage<EmptyAnswer>(child));
  }

  /** So many calls can be made of each method, in JSON; what they need is there when it resolves. */
  async requests(name: MethodName, calls: number): Promise<object[]> {
    const { caller, read } = this.parts;
    if (name === "getSession") return read.map(({ id }) => ({ sessionId: id }));
    if (name === "createSession") return [{ gameMode: "GAME_MODE_TEAM_DEATHMATCH", tickRateHz: 1, autoStart: false }];
    const seats = SEATS - SEATED_BEFORE;
    const sessions = await caller.wait(Math.ceil(calls / seats), SEATS);
    return Array.from({ length: calls }, (_, at) => {
      return { sessionId: sessions[at % sessions.length]!.id, playerId: randomUUID() };
    });
  }

  /** Ends whatever sessions a load has made or needed. */
  async clear(): Promise<void> {
    const { caller } = this.parts;
    await caller.end(await caller.waiting());
  }

  async end(): Promise<void> {
    const { combat, gateway, child, caller, dataDir } = this.parts;
    caller.close();
    child.kill("SIGKILL");
    await Promise.all([gateway.end("SIGKILL"), combat.end("SIGKILL")]);
    await rm(dataDir, { recursive: true, force: true });
  }
}

type Parts = {
  readonly combat: BenchService;
  readonly gateway: BenchService;
  readonly child: ChildProcess;
  readonly caller: CombatCaller;
  readonly token: string;
  readonly read: readonly CombatSession[];
  readonly dataDir: string;
};

/** Answers as the service gives them, of the same length. */
async function emptyOrder({ caller, gateway, token, read }: Parts): Promise<EmptyOrder> {
  const [made] = await caller.wait(1, SEATS);
  const joined = await caller.join(made!.id, randomUUID());
  await caller.end([made!]);
  const answer = await fetch(`${String(gateway.ready["http"])}${restPath(read[0]!)}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  if (!answer.ok) throw new Error(`the gateway answered ${answer.status}: ${await answer.text()}`);
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
  // What is created by a load has nobody in it.
  const created = create(CombatSessionSchema, { ...made!, participants: [], teams: [] });
  return {
    answers: {
      [pathOf(method.getSession)]: base64(toBinary(CombatSessionSchema, await caller.read(read[0]!.id))),
      [pathOf(method.createSession)]: base64(toBinary(CombatSessionSchema, created)),
      [pathOf(method.joinSession)]: base64(toBinary(JoinSessionResponseSchema, joined)),
    },
    body: await answer.text(),
  };
}

function pathOf({ parent, name }: DescMethod): string {
  return `/${parent.typeName}/${name}`;
}

function restPath({ id }: CombatSession): string {
  return `/api/v1/sessions/${id}`;
}
