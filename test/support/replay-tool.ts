/** Replay tool: tools/replay.ts as the process that npm would run, and a session's recording as the routes give it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { bodyOf, type RestCaller } from "./rest.ts";

const TOOL = new URL("../../tools/replay.ts", import.meta.url).pathname;

export type ToolRun = { readonly code: number | null; readonly out: string; readonly errors: string };

export async function runReplay(
  args: readonly string[],
  env: { readonly [name: string]: string } = {},
): Promise<ToolRun> {
  const options = { env: { PATH: process.env["PATH"] ?? "", ...env }, stdio: ["ignore", "pipe", "pipe"] as const };
  const child = spawn(process.execPath, [TOOL, ...args], { ...options, stdio: [...options.stdio] });
  const [out, errors, [code]] = await Promise.all([text(child.stdout!), text(child.stderr!), once(child, "close")]);
  return { code: code as number | null, out, errors };
}

export type ReplayPage = {
  session_id: string;
  parts: { epoch: number; number: number; first_tick: number; last_tick: number; content: string; end: string }[];
  next_page_token: string;
  total_parts: number;
  total_bytes: number;
};

/** All parts of a session's replay, page after page. */
export async function replayParts(call: RestCaller, sessionId: string): Promise<ReplayPage["parts"]> {
  const parts: ReplayPage["parts"] = [];
  let token = "";
  do {
    const query = token === "" ? "" : `?page_token=${token}`;
    const page = bodyOf<ReplayPage>(await call("GET", `/sessions/${sessionId}/replay${query}`), 200);
    parts.push(...page.parts);
    token = page.next_page_token;
  } while (token !== "");
  return parts;
}
