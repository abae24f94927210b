/** Log: one JSON line per record, without secrets, whatever is logged; and it never fails its caller. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLogger, type LogLevel } from "#ops/log.ts";
import { REDACTED, redactFields, redactText } from "#ops/redaction.ts";

const JWT = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhYmMifQ.c2lnbmF0dXJl-_x";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "log-test-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let fileCount = 0;
function open(level: LogLevel) {
  fileCount += 1;
  const path = join(folder, `${fileCount}.log`);
  const log = createLogger({ name: "test", level, destination: path });
  const records = async () => {
    await log.flush();
    const lines = readFileSync(path, "utf8").split("\n");
    expect(lines.pop()).toBe(""); // Every record ends its line.
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  };
  return { log, records };
}

describe("records", () => {
  test("have level, time, name, message and the fields", async () => {
    const { log, records } = open("info");
    log.warn({ count: 3 }, "something");
    const [record] = await records();
    expect(record).toMatchObject({ level: "warn", name: "test", msg: "something", count: 3 });
    expect(record?.["time"]).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });

  test("below the level are not written, announcements always are", async () => {
    const { log, records } = open("error");
    log.info({}, "not this");
    log.warn({}, "nor this");
    log.announce({ port: 1 }, "ready");
    log.error({}, "this");
    expect((await records()).map(({ level, msg }) => `${level} ${msg}`)).toEqual(["info ready", "error this"]);
  });

  test("of a bound log carry its fields", async () => {
    const { log, records } = open("info");
    log.with({ session: "s" }).with({ part: "p" }).info({ own: 1 }, "m");
    expect((await records())[0]).toMatchObject({ session: "s", part: "p", own: 1 });
  });

  test("stay one line each, whatever the text tries", async () => {
    const { log, records } = open("info");
    log.info({ name_of_player: 'x\n{"level":"error"}\r\n\u2028' }, 'y\n"}');
    const [record, ...others] = await records();
    expect(others).toEqual([]);
    expect(record?.["msg"]).toBe('y\n"}');
  });

  test("survive fields that throw, turn in circles or have no JSON", async () => {
    const { log, records } = open("info");
    const circle: Record<string, unknown> = { big: 10n, none: undefined, nan: Number.NaN, call: () => 1 };
    circle["self"] = circle;
    log.info(circle, "circle");
    log.info(
      Object.defineProperty({}, "bad", {
        enumerable: true,
        get: () => {
          throw new Error("no");
        },
      }),
      "thrower",
    );
    const [first, second] = await records();
    expect(first).toMatchObject({ msg: "circle", big: "10", nan: "NaN", call: "[function]" });
    expect(second).toMatchObject({ msg: "thrower", unreadable: "Error" });
  });

  test("to a destination that cannot be opened are lost without an exception", async () => {
    const log = createLogger({ name: "test", level: "info", destination: "/dev/null/nowhere" });
    log.error({}, "into the void");
    await log.flush();
  });
});

describe("secrets never get in", () => {
  test.each([
    { name: "a token in a url", value: `/ws/sessions/1?token=${JWT}&client_version=1` },
    { name: "a token in a url, at the end", value: `GET /ws?client_version=1&token=${JWT}` },
    { name: "a token that is no JWT", value: "/ws?token=opaque-secret" },
    { name: "an escaped url within a url", value: "/login?next=%2Fws%3Ftoken%3Dopaque-secret%26x" },
    { name: "a bearer header in a text", value: `authorization: Bearer ${JWT}` },
    { name: "an opaque bearer header", value: "authorization: Bearer opaque-secret" },
    { name: "a subprotocol", value: `combat.v1.json, bearer.${JWT}` },
    { name: "a bare JWT", value: `token was ${JWT}.` },
    { name: "a database url", value: "postgres://user:opaque-secret@host/db" },
  ])("$name", ({ value }) => {
    for (const out of [redactText(value), JSON.stringify(redactFields({ url: value, deep: [{ value }] }))]) {
      expect(out).toContain(REDACTED);
      expect(out).not.toContain("opaque-secret");
      expect(out).not.toMatch(/eyJ/);
    }
  });

  test.each([
    "authorization",
    "Authorization",
    "token",
    "auth_token",
    "accessToken",
    "set-cookie",
    "password",
    "jwt",
    "ticket",
  ])("a field called %s", (field) => {
    expect(redactFields({ headers: { [field]: "opaque-secret" } })).toEqual({ headers: { [field]: REDACTED } });
    expect(redactFields({ [field]: ["opaque-secret"] })).toEqual({ [field]: REDACTED });
  });

  test("errors, their causes and stacks", () => {
    const error = new Error(`bad token=${JWT}`, { cause: new Error("Bearer opaque-secret") });
    const out = JSON.stringify(redactFields({ error }));
    expect(out).not.toMatch(/eyJ|opaque-secret/);
    expect(out).toContain('"stack"');
  });

  test("what only sounds like a secret stays readable", () => {
    const fields = {
      tokens: 3,
      token: null,
      tokenizer: "words",
      url: "/sessions?page_size=3",
      message: "no token given",
    };
    expect(redactFields(fields)).toEqual(fields);
  });

  test("any text around a JWT", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        expect(redactText(`${before} ${JWT} ${after}`)).not.toContain(JWT);
      }),
    );
  });
});

test("what is logged is bounded", () => {
  const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`k${index}`, "v".repeat(100_000)]));
  let deep: Record<string, unknown> = {};
  for (let level = 0; level < 1000; level += 1) deep = { deep };
  const size = JSON.stringify(redactFields({ wide, deep, list: new Array(10_000).fill("x") })).length;
  expect(size).toBeLessThan(64 * 8300 + 10_000);
});
