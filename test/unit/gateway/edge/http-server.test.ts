/** HTTP server, byte by byte: what comes over a raw connection gets a named answer, and the connection its end. */
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BODY_DISCARDED_BYTES_MAX, HEADER_BYTES_MAX, LINGER_MS_MAX } from "#gateway/limits.ts";
import { type RestUnderTest, startRest } from "../rest/fixture.ts";

let under: RestUnderTest;
beforeAll(async () => {
  under = await startRest();
});
afterAll(() => under.stop());

/** Everything that came back until the server closed. */
function exchange(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(under.port, "127.0.0.1");
    let received = "";
    socket.on("data", (chunk) => {
      received += chunk;
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(received));
    socket.write(text);
  });
}

const HEAD = "POST /sessions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\nContent-Type: application/json\r\n";

describe("what is no request of HTTP/1.1 is answered and cut", () => {
  const rows: readonly [what: string, text: string, status: number, error: string][] = [
    ["junk", "\x00\x01\x02 hello\r\n\r\n", 400, "INVALID_ARGUMENT"],
    ["the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "INVALID_ARGUMENT"],
    ["two lengths", `${HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}`, 400, "INVALID_ARGUMENT"],
    [
      "a length beside chunks",
      `${HEAD}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
      "INVALID_ARGUMENT",
    ],
    [
      "headers over the cap",
      `GET /health HTTP/1.1\r\nHost: x\r\nX: ${"a".repeat(HEADER_BYTES_MAX)}\r\n\r\n`,
      431,
      "PAYLOAD_TOO_LARGE",
    ],
    ["a Host that is none, on Connect's path", connectCall("a b"), 400, "INVALID_ARGUMENT"],
  ];
  test.each(rows)("%s", async (_what, text, status, error) => {
    const answer = await exchange(text);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4))).toMatchObject({
      error,
      message: expect.any(String),
    });
  });
});

function connectCall(host: string): string {
  const path = "/necpgame.combat.v1.CombatSessionService/GetSession";
  return `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
}

test("an offer of h2c is answered as if it had not been made", async () => {
  const answer = await exchange(
    "GET /health HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n",
  );
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
});

describe("a body far over the cap", () => {
  const size = 8 * BODY_DISCARDED_BYTES_MAX;

  test.each([
    { what: "declared", declared: true },
    { what: "in chunks", declared: false },
  ])("$what, gets its 413 although its sender writes everything before it reads", async ({ declared }) => {
    const body = new Uint8Array(size).fill(0x20);
    const answer = await fetch(`${under.url}/sessions`, {
      method: "POST",
      headers: { authorization: "Bearer good", "content-type": "application/json" },
      ...(declared ? { body } : { body: new Blob([body]).stream(), duplex: "half" as const }),
    });
    expect(answer.status).toBe(413);
    expect(answer.headers.get("connection")).toBe("close");
    expect(await answer.json()).toMatchObject({ error: "PAYLOAD_TOO_LARGE" });
  });

  test("that never comes is waited for no longer than the cap, after its answer", async () => {
    const startedMs = performance.now();
    const answer = await exchange(`${HEAD}Content-Length: ${size}\r\n\r\n{`);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(performance.now() - startedMs).toBeLessThan(LINGER_MS_MAX + 2_000);
  });
});
