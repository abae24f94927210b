/**
 * Source: where a recording comes from (a running gateway, a file) and goes to (a file).
 * In:  an address and a token, or a path.   Out: a saved recording; or a SourceError that says what the other side said.
 */
import { readFile, writeFile } from "node:fs/promises";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { type SavedRecording, SavedRecordingSchema } from "#gen/necpgame/combat/v1/recording_pb.js";
import { PAGE_MS_MAX, PAGES_MAX } from "./limits.ts";

export class SourceError extends Error {
  override name = "SourceError";
}

/** A page as public JSON has it. */
type Page = {
  parts: { epoch: number; number: number; first_tick: number; last_tick: number; content: string; end: string }[];
  next_page_token: string;
  total_parts: number;
};

export type Progress = (done: number, all: number) => void;

/** Fetches all pages of a session's replay. */
export async function download(
  from: { url: string; sessionId: string; token: string },
  onProgress: Progress,
): Promise<SavedRecording> {
  const recording = create(SavedRecordingSchema, { sessionId: from.sessionId });
  let token = "";
  for (let pages = 0; pages < PAGES_MAX; pages++) {
    const page = await fetchPage(from, token);
    for (const { first_tick: firstTick, last_tick: lastTick, content, ...part } of page.parts) {
      const $typeName = "necpgame.combat.v1.RecordingPart";
      recording.parts.push({ $typeName, ...part, firstTick, lastTick, content: Buffer.from(content, "base64") });
    }
    onProgress(recording.parts.length, page.total_parts);
    token = page.next_page_token;
    if (token === "") return recording;
  }
  throw new SourceError(`the replay has more than ${PAGES_MAX} pages`);
}

async function fetchPage(from: { url: string; sessionId: string; token: string }, pageToken: string): Promise<Page> {
  const query = pageToken === "" ? "" : `?page_token=${encodeURIComponent(pageToken)}`;
  const address = `${from.url.replace(/\/+$/, "")}/sessions/${from.sessionId}/replay${query}`;
  const headers = { authorization: `Bearer ${from.token}` };
  try {
    const response = await fetch(address, { headers, signal: AbortSignal.timeout(PAGE_MS_MAX) });
    const text = await response.text();
    if (response.ok) return JSON.parse(text) as Page;
    const { error, message } = JSON.parse(text) as { error: string; message: string };
    throw new SourceError(`${error}: ${message}`);
  } catch (cause) {
    if (cause instanceof SourceError) throw cause;
    throw new SourceError(`${from.url} gave no replay: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

export async function load(path: string): Promise<SavedRecording> {
  try {
    return fromBinary(SavedRecordingSchema, await readFile(path));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SourceError(`${path} is no recording: ${why}`, { cause });
  }
}

export async function save(path: string, recording: SavedRecording): Promise<void> {
  await writeFile(path, toBinary(SavedRecordingSchema, recording));
}
