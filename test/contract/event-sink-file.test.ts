/** The event file holds the contract of EventSink. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openFileEventSink } from "#combat/stores/event-sink-file.ts";
import { eventSinkContract, type SinkUnderTest, type Stored } from "./event-sink.contract.ts";

eventSinkContract("The event file", openFile);

type Line = { topic: string; key: string; event_id: string; event_type: string; value: unknown };

async function openFile(): Promise<SinkUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), "sink-contract-"));
  const path = join(folder, "deep", "events.jsonl");
  const under: SinkUnderTest = {
    sink: await openFileEventSink({ path }),
    async stored() {
      const text = await readFile(path, "utf8");
      if (text !== "" && !text.endsWith("\n")) throw new Error("the file ends within a line");
      return text.split("\n").slice(0, -1).map(storedOf);
    },
    async restart() {
      await under.sink.close();
      under.sink = await openFileEventSink({ path });
    },
    async end() {
      await under.sink.close().catch(() => {}); // Some tests have closed it already.
      await rm(folder, { recursive: true, force: true });
    },
  };
  return under;
}

function storedOf(line: string): Stored {
  const { topic, key, event_id, event_type, value } = JSON.parse(line) as Line;
  return { topic, key, eventId: event_id, eventType: event_type, value: JSON.stringify(value) };
}
