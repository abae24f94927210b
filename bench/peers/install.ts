/**
 * Install: the packages of a peer, in its own folder and as its lock file has them, when they are not there yet.
 * Why not with the root's: nobody who runs the service needs them, only who measures beside them.
 */
import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const INSTALL_MS_MAX = 120_000;
/** Nothing of theirs is run at installing. */
const COMMAND = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"] as const;

/** Rejects with what npm said when it cannot. */
export async function installPeer(folder: string, say: (text: string) => void): Promise<void> {
  const changedMs = async (file: string) => (await stat(join(folder, file)).catch(() => null))?.mtimeMs ?? 0;
  if ((await changedMs("node_modules/.package-lock.json")) > (await changedMs("package-lock.json"))) return;
  say(`npm ci in ${folder}`);
  try {
    await promisify(execFile)("npm", COMMAND, { cwd: folder, timeout: INSTALL_MS_MAX });
  } catch (error) {
    const { stderr = "", message } = error as Error & { stderr?: string };
    throw new Error(
      `the packages in ${folder} could not be installed (npm ${COMMAND.join(" ")}): ${stderr || message}`,
    );
  }
}
