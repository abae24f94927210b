/** The shared port: HTTP/1.1 and HTTP/2 told apart however their first bytes arrive; closing lets calls finish. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { create } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CombatSessionSchema } from "#gen/necpgame/combat/v1/session_pb.js";
import { bearer, clientOf, PROTOCOLS, type RpcUnderTest, SESSION, startRpc } from "./both-ports.ts";

const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const EMPTY_SETTINGS = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
const SETTINGS_FRAME = 4;

let under: RpcUnderTest;
beforeAll(async () => {
  under = await startRpc();
});
afterAll(() => under.stop());

/** Sends the parts as packets of their own; resolves to the first bytes that come back. */
async function firstAnswer(parts: readonly (string | Buffer)[]): Promise<Buffer> {
  const socket = connect({ port: under.connect.port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  const answered = once(socket, "data") as Promise<[Buffer]>;
  for (const part of parts) {
    await new Promise<void>((resolve, reject) => socket.write(part, (error) => (error ? reject(error) : resolve())));
    await new Promise(setImmediate);
  }
  const [bytes] = await answered;
  socket.destroy();
  return bytes;
}

const request =
  "POST /necpgame.combat.v1.CombatSessionService/GetSession HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";

describe("told apart", () => {
  const http2: readonly [what: string, parts: readonly (string | Buffer)[]][] = [
    ["at once", [PREFACE, EMPTY_SETTINGS]],
    ["byte by byte", [...PREFACE, EMPTY_SETTINGS]],
    ["cut after PR", ["PR", PREFACE.slice(2), EMPTY_SETTINGS]],
  ];
  test.each(http2)("HTTP/2, %s", async (_what, parts) => {
    expect((await firstAnswer(parts))[3]).toBe(SETTINGS_FRAME);
  });

  const http1: readonly [what: string, parts: readonly string[]][] = [
    ["at once", [request]],
    ["byte by byte", [...request]],
    ["a verb that begins as the preface does", ["P", `ROPFIND ${request.slice(5)}`]],
    ["another verb that does", ["PR", `I ${request.slice(5)}`]],
  ];
  test.each(http1)("HTTP/1.1, %s", async (_what, parts) => {
    expect((await firstAnswer(parts)).toString()).toMatch(/^HTTP\/1\.1 \d{3} /);
  });

  test("what is neither is 400 and closed", async () => {
    expect((await firstAnswer(["\u0016\u0003\u0001 hello\r\n\r\n"])).toString()).toMatch(/^HTTP\/1\.1 400 /);
  });

  test("connections that break off within the first bytes leave the port as it was", async () => {
    const broken = await Promise.all(["", "P", "PRI * HT", "POST /"].map((start) => breakOff(start)));
    expect(broken).toHaveLength(4);
    expect((await firstAnswer([request])).toString()).toMatch(/^HTTP\/1\.1 /);
  });
});

async function breakOff(start: string): Promise<Socket> {
  const socket = connect({ port: under.connect.port, host: "127.0.0.1" });
  await once(socket, "connect");
  if (start !== "") await new Promise<void>((resolve) => socket.write(start, () => resolve()));
  const closed = once(socket, "close");
  socket.resetAndDestroy();
  await closed;
  return socket;
}

describe("closing", () => {
  test.each(PROTOCOLS)("%s: a running call is answered, then the port is closed", async (_name, open) => {
    const closing = await startRpc();
    const headers = { authorization: await bearer(closing.issuer) };
    let answerNow = () => {};
    const reached = new Promise<void>((resolve) => {
      closing.planned.getSession = () => {
        resolve();
        return new Promise((answer) => {
          answerNow = () => answer(create(CombatSessionSchema, { id: SESSION }));
        });
      };
    });
    const running = clientOf(open(closing)).getSession({ sessionId: SESSION }, { headers });
    await reached;
    const closed = Promise.all([closing.grpc.close(1_000), closing.connect.close(1_000)]);
    answerNow();
    expect(await running).toMatchObject({ id: SESSION });
    await closed;
    for (const { port } of [closing.grpc, closing.connect]) {
      const [error] = (await once(connect({ port, host: "127.0.0.1" }), "error")) as [NodeJS.ErrnoException];
      expect(error.code).toBe("ECONNREFUSED");
    }
  });

  test.each(PROTOCOLS)("%s: a call that does not end is cut off after the grace", async (_name, open) => {
    const closing = await startRpc({ callMsMax: 60_000 });
    const headers = { authorization: await bearer(closing.issuer) };
    const reached = new Promise<void>((resolve) => {
      closing.planned.getSession = () => {
        resolve();
        return new Promise(() => {});
      };
    });
    const running = clientOf(open(closing)).getSession({ sessionId: SESSION }, { headers });
    const cut = expect(running).rejects.toThrow();
    await reached;
    await Promise.all([closing.grpc.close(50), closing.connect.close(50)]);
    await cut;
  });
});
