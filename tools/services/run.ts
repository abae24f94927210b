/** Run: a program to its end, within a time, in an environment that holds nothing of the caller's settings. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { COMMAND_MS_MAX } from "./limits.ts";
import { type Command, plainEnvironment } from "./processes.ts";

type RunOptions = { readonly input?: string; readonly timeoutMs?: number; readonly signal?: AbortSignal };

/** Runs a program to its end; resolves to what it printed, rejects with that when it fails. */
export async function run(command: Command, options: RunOptions = {}): Promise<string> {
  const { program, args, env, user } = command;
  const { input = "", timeoutMs = COMMAND_MS_MAX, signal } = options;
  try {
    const running = promisify(execFile)(program, [...args], {
      cwd: "/",
      env: { ...plainEnvironment(), ...env },
      timeout: timeoutMs,
      ...(signal && { signal }),
      ...user,
    });
    running.child.stdin?.on("error", () => undefined); // One that ended before it read: its exit code says how.
    running.child.stdin?.end(input);
    const { stdout, stderr } = await running;
    return `${stdout}${stderr}`;
  } catch (error) {
    const { stderr, stdout, message } = error as Error & { stderr?: string; stdout?: string };
    signal?.throwIfAborted();
    throw new Error(`${program} failed: ${(stderr || stdout || message).trim()}`, { cause: error });
  }
}
