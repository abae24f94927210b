/** The event file: torn lines, failing disks, and one writer at a time. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { OutgoingEvent } from "#combat/stores/event-sink.ts";
import { type AppendFile, openFileEventSink } from "#combat/stores/event-sink-file.ts";
import { FileInUse } from "#combat/stores/file-lock.ts";
import { StoreUnavailable } from "#combat/stores/session-store.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sink-test-"));
  path = join(folder, "events.jsonl");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function event(id: string, value: object = { id }): OutgoingEvent {
  return {
    eventId: id,
    eventType: "combat.session.start",
    topic: "game.combat.events",
    key: "k",
    atUnixMs: 1_750_000_000_000,
    value: Buffer.from(JSON.stringify(value)),
    contentType: "application/json",
  };
}

function storedIds(): string[] {
  const lines = readFileSync(path, "utf8").split("\n");
  expect(lines.pop()).toBe(""); // The file ends with a whole line.
  return lines.map((line) => (JSON.parse(line) as { event_id: string }).event_id);
}

describe("a last line that a crash tore off is cut away at start", () => {
  const whole = '{"event_id":"1"}\n{"event_id":"2"}\n';
  const rows: readonly [what: string, before: string, after: string][] = [
    ["half a line", `${whole}{"event_id":"3"`, whole],
    ["a line that lacks only its break", `${whole}{"event_id":"3"}`, whole],
    ["half a character", `${whole}\u00e4`, whole],
    ["nothing but a torn line", '{"event_id"', ""],
    ["a torn line longer than the step it is looked for in", `${whole}${"x".repeat(200_000)}`, whole],
    ["a torn line longer than that, alone", "x".repeat(200_000), ""],
    ["nothing at all", "", ""],
    ["no torn line", whole, whole],
  ];
  test.each(rows)("%s", async (_what, before, after) => {
    writeFileSync(path, before);
    const sink = await openFileEventSink({ path });
    expect(readFileSync(path, "utf8")).toBe(after);
    await sink.publish([event("9")]);
    await sink.close();
    expect(readFileSync(path, "utf8").startsWith(after)).toBe(true);
    expect(storedIds().at(-1)).toBe("9");
  });
});

/** The real file, whose next write or sync can be told to fail. */
async function openFailing(plan: { write?: "refuse" | "half"; sync?: "refuse"; truncate?: "refuse" }) {
  return async (at: string): Promise<AppendFile> => {
    await (await open(at, "a")).close();
    const file = await open(at, "r+");
    const failing: AppendFile = Object.create(file, {
      write: {
        value: async (buffer: Buffer, offset: number, length: number, position: number) => {
          const how = plan.write;
          delete plan.write;
          if (how === "half") await file.write(buffer, offset, length >> 1, position);
          if (how) throw Object.assign(new Error("no space left"), { code: "ENOSPC" });
          return file.write(buffer, offset, length, position);
        },
      },
      datasync: {
        value: async () => {
          const how = plan.sync;
          delete plan.sync;
          if (how) throw Object.assign(new Error("input/output error"), { code: "EIO" });
          return file.datasync();
        },
      },
      truncate: {
        value: async (size: number) => {
          const how = plan.truncate;
          delete plan.truncate;
          if (how) throw Object.assign(new Error("input/output error"), { code: "EIO" });
          return file.truncate(size);
        },
      },
      stat: { value: () => file.stat() },
      read: { value: (...call: Parameters<AppendFile["read"]>) => file.read(...call) },
      close: { value: () => file.close() },
    });
    return failing;
  };
}

test("a line says where the event goes and what it is, and holds its value as it came", async () => {
  const sink = await openFileEventSink({ path });
  await sink.publish([{ ...event("1"), value: Buffer.from('{"b": 1,"a":"\u00e4"}') }]);
  await sink.close();
  expect(readFileSync(path, "utf8")).toBe(
    '{"topic":"game.combat.events","key":"k","event_id":"1","event_type":"combat.session.start","value":{"b": 1,"a":"\u00e4"}}\n',
  );
});

test("what is not JSON is refused, and breaks no line", async () => {
  const sink = await openFileEventSink({ path });
  await expect(sink.publish([{ ...event("1"), contentType: "application/protobuf" }])).rejects.toThrow("JSON");
  await sink.publish([event("2")]);
  await sink.close();
  expect(storedIds()).toEqual(["2"]);
});

describe("a disk that fails", () => {
  const rows = [
    ["refuses a write", { write: "refuse" }],
    ["takes half a write", { write: "half" }],
    ["refuses the sync", { sync: "refuse" }],
    ["takes half a write and cannot be cut back at once", { write: "half", truncate: "refuse" }],
  ] as const;
  test.each(rows)("%s: the call is rejected, the next one succeeds, and no line is broken", async (_what, failure) => {
    const plan: { write?: "refuse" | "half"; sync?: "refuse"; truncate?: "refuse" } = {};
    const sink = await openFileEventSink({ path, openFile: await openFailing(plan) });
    await sink.publish([event("1")]);
    Object.assign(plan, failure);
    await expect(sink.publish([event("2"), event("2b")])).rejects.toBeInstanceOf(StoreUnavailable);
    await sink.publish([event("3")]);
    await sink.close();
    expect(storedIds()).toEqual(["1", "3"]);
  });

  test("what waits is bounded: a publication that does not fit is rejected whole, the others are stored", async () => {
    const sink = await openFileEventSink({ path, waitingBytesMax: 1_000 });
    const big = (id: string) => [event(id), event(`${id}b`, { text: "x".repeat(400) })];
    const calls = ["1", "2", "3"].map((id) => sink.publish(big(id)));
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
    await sink.publish(big("4"));
    await sink.close();
    expect(storedIds()).toEqual(["1", "1b", "4", "4b"]);
  });
});

async function hold(): Promise<{ child: ChildProcess; said: string }> {
  const script = new URL("./hold-file.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [script, path], { stdio: ["ignore", "pipe", "inherit"] });
  const [said] = (await once(child.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
  return { child, said: said.toString().trim() };
}

async function end(child: ChildProcess): Promise<void> {
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

describe("one process writes the file", () => {
  test("a second one is refused and told who has it; after kill -9 the file is free", async () => {
    const { child, said } = await hold();
    try {
      expect(said).toBe("held");
      const refused = openFileEventSink({ path });
      await expect(refused).rejects.toBeInstanceOf(FileInUse);
      await expect(refused).rejects.toThrow(String(child.pid));
    } finally {
      await end(child);
    }
    const sink = await openFileEventSink({ path });
    await sink.publish([event("1")]);
    await sink.close();
    expect(storedIds()).toEqual(["1"]);
  });

  test("another process is refused while this one has it", async () => {
    const sink = await openFileEventSink({ path });
    const { child, said } = await hold();
    if (child.exitCode === null) await once(child, "exit");
    expect(said).toBe("FileInUse");
    await sink.close();
  });

  test("opened twice by this process it is refused, and free again after close", async () => {
    const sink = await openFileEventSink({ path });
    await expect(openFileEventSink({ path })).rejects.toBeInstanceOf(FileInUse);
    await sink.close();
    await (await openFileEventSink({ path })).close();
  });

  test("a lock file with rubbish in it, or of a process that is gone, holds nobody up", async () => {
    for (const content of ["", "{", "null", '{"pid":"1"}', '{"pid":999999999,"started":null}']) {
      writeFileSync(`${path}.lock`, content);
      await (await openFileEventSink({ path })).close();
    }
  });

  test("a lock of a process number that was given out again holds nobody up", async () => {
    writeFileSync(`${path}.lock`, JSON.stringify({ pid: process.ppid, started: "1" }));
    await (await openFileEventSink({ path })).close();
  });
});
