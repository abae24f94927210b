/** Unary client against a real grpc-js server: answers, problems, deadlines, and what a dead combat looks like. */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { Metadata, Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from "@grpc/grpc-js";
import { afterEach, describe, expect, test } from "vitest";
import { createUnaryClient, type UnaryClient } from "#gateway/upstream/unary-client.ts";
import { StatusSchema } from "#gen/google/rpc/status_pb.js";
import { ErrorDetailSchema } from "#gen/necpgame/combat/v1/error_pb.js";
import { type CombatSession, CombatSessionSchema } from "#gen/necpgame/combat/v1/session_pb.js";
import { CombatSessionService, GetSessionRequestSchema } from "#gen/necpgame/combat/v1/session_service_pb.js";
import type { Problem, Result } from "#wire/problem.ts";

const SESSION = "22222222-2222-4222-8222-222222222222";
const METHOD = CombatSessionService.method.getSession;
const asked = create(GetSessionRequestSchema, { sessionId: SESSION });

type Handler = (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => void;

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** A server with GetSession, and the health check when told what it says. */
async function serve(handler: Handler, health?: readonly number[]): Promise<string> {
  const server = new Server();
  const asIs = { requestStream: false, responseStream: false } as const;
  const bytes = {
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
  server.addService({ Get: { path: pathOf(), ...asIs, ...bytes } }, { Get: handler });
  if (health) {
    const answerHealth: Handler = (_call, answer) => answer(null, Buffer.from(health));
    server.addService({ Check: { path: "/grpc.health.v1.Health/Check", ...asIs, ...bytes } }, { Check: answerHealth });
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  cleanups.push(() => server.forceShutdown());
  return `127.0.0.1:${port}`;
}

function same(buffer: Buffer): Buffer {
  return buffer;
}

function pathOf(): string {
  return `/${CombatSessionService.typeName}/${METHOD.name}`;
}

function clientOf(target: string, deadlineMs = 2_000): UnaryClient {
  const client = createUnaryClient({ target, deadlineMs });
  cleanups.push(() => client.close());
  return client;
}

function ask(client: UnaryClient, timeoutMs?: number): Promise<Result<CombatSession>> {
  return client.call(METHOD, asked, { authorization: "Bearer a.b.c", timeoutMs });
}

function refusal(code: status, detail?: Partial<Problem>): Handler {
  const metadata = new Metadata();
  if (detail) {
    const { error = "", message = "", details = {} } = detail;
    const packed = anyPack(
      ErrorDetailSchema,
      create(ErrorDetailSchema, { error, message, details: details as Record<string, never> }),
    );
    const encoded = toBinary(StatusSchema, create(StatusSchema, { code, message, details: [packed] }));
    metadata.set("grpc-status-details-bin", Buffer.from(encoded));
  }
  return (_call, answer) => answer({ code, details: "from combat", metadata });
}

test("a call carries the message and the caller's token, and brings the answer", async () => {
  const seen: unknown[] = [];
  const target = await serve((call, answer) => {
    seen.push(fromBinary(GetSessionRequestSchema, call.request).sessionId, call.metadata.get("authorization"));
    answer(null, Buffer.from(toBinary(CombatSessionSchema, create(CombatSessionSchema, { id: SESSION, version: 7 }))));
  });
  expect(await ask(clientOf(target))).toMatchObject({ ok: true, value: { id: SESSION, version: 7 } });
  expect(seen).toEqual([SESSION, ["Bearer a.b.c"]]);
});

test("a problem of combat comes through whole", async () => {
  const problem = { error: "VERSION_CONFLICT", message: "it moved on", details: { got: 1, allowed: 2 } } as const;
  const answer = await ask(clientOf(await serve(refusal(status.ABORTED, problem))));
  expect(answer).toEqual({ ok: false, problem });
});

describe("without a problem of combat's the code decides", () => {
  const rows: readonly [code: status, error: string][] = [
    [status.INVALID_ARGUMENT, "INVALID_ARGUMENT"],
    [status.NOT_FOUND, "NOT_FOUND"],
    [status.PERMISSION_DENIED, "FORBIDDEN"],
    [status.UNAUTHENTICATED, "UNAUTHENTICATED"],
    [status.RESOURCE_EXHAUSTED, "RATE_LIMITED"],
    [status.UNAVAILABLE, "UNAVAILABLE"],
    [status.UNIMPLEMENTED, "UNAVAILABLE"],
    [status.INTERNAL, "INTERNAL"],
    [status.UNKNOWN, "INTERNAL"],
    [status.DATA_LOSS, "INTERNAL"],
  ];
  test.each(rows)("%i is %s", async (code, error) => {
    expect(await ask(clientOf(await serve(refusal(code))))).toMatchObject({ ok: false, problem: { error } });
  });

  test("and so it does when the problem is one that nobody knows", async () => {
    const target = await serve(refusal(status.NOT_FOUND, { error: "__proto__" as Problem["error"], message: "x" }));
    expect(await ask(clientOf(target))).toMatchObject({ ok: false, problem: { error: "NOT_FOUND" } });
  });

  test("and so it does when the details are junk", async () => {
    const metadata = new Metadata();
    metadata.set("grpc-status-details-bin", Buffer.from([0xff, 0xff, 0xff]));
    const target = await serve((_call, answer) => answer({ code: status.NOT_FOUND, details: "", metadata }));
    expect(await ask(clientOf(target))).toMatchObject({ ok: false, problem: { error: "NOT_FOUND" } });
  });

  test("an internal failure tells nothing of combat's insides", async () => {
    const answer = await ask(clientOf(await serve(refusal(status.INTERNAL))));
    expect(JSON.stringify(answer)).not.toContain("from combat");
  });
});

describe("a call ends", () => {
  test("with DEADLINE_EXCEEDED at the gateway's deadline", async () => {
    const target = await serve(() => {}); // Never answers.
    expect(await ask(clientOf(target, 50))).toMatchObject({ ok: false, problem: { error: "DEADLINE_EXCEEDED" } });
  });

  test("earlier when the caller has less patience", async () => {
    const target = await serve(() => {});
    const answer = await ask(clientOf(target, 60_000), 50);
    expect(answer).toMatchObject({ ok: false, problem: { error: "DEADLINE_EXCEEDED" } });
  });

  test("with UNAVAILABLE and a time to come back when nobody listens", async () => {
    const answer = await ask(clientOf("127.0.0.1:9"));
    expect(answer).toMatchObject({
      ok: false,
      problem: { error: "UNAVAILABLE", details: { retry_after_ms: expect.any(Number) } },
    });
  });

  test("with UNAVAILABLE when combat dies in the middle of it", async () => {
    const target = await serve(() => cleanups.shift()?.());
    expect(await ask(clientOf(target))).toMatchObject({ ok: false, problem: { error: "UNAVAILABLE" } });
  });
});

describe("combat serves", () => {
  const rows: readonly [what: string, health: readonly number[] | undefined, serving: boolean][] = [
    ["when it says SERVING", [0x08, 0x01], true],
    ["not when it says NOT_SERVING", [0x08, 0x02], false],
    ["not when it says nothing", [], false],
    ["not without a health service", undefined, false],
  ];
  test.each(rows)("%s", async (_what, health, serving) => {
    expect(await clientOf(await serve(() => {}, health)).isServing()).toBe(serving);
  });

  test("not when nobody listens", async () => {
    expect(await clientOf("127.0.0.1:9").isServing()).toBe(false);
  });
});
