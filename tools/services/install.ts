/**
 * Install: brings Debian packages for what is missing, one of each set of choices, and tells what it does meanwhile.
 * Law: apt-get is never cut short by us but at its limit: half an installation is worse than a late one.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { INSTALL_MS_MAX } from "./limits.ts";
import { run } from "./run.ts";
import type { Job, NotInstalled } from "./server.ts";

export async function install(missing: readonly NotInstalled[], { say, signal }: Job): Promise<void> {
  const wanted = missing.map(({ packages }) => packages[0]).join(" ");
  if (process.getuid?.() !== 0) throw new Error(`only root installs packages: sudo apt-get install ${wanted}`);
  try {
    await run({ program: "apt-get", args: ["--version"] });
  } catch {
    throw new Error(`there is no apt-get here: install what Debian calls ${wanted} in this system's own way`);
  }
  await aptGet(["update"], say);
  signal.throwIfAborted();
  const names = await Promise.all(missing.map(({ packages }) => firstKnown(packages)));
  await aptGet(["install", "--yes", "--no-install-recommends", ...new Set(names)], say);
  signal.throwIfAborted();
}

/** Releases bring different versions; the first of the choices that this one has. */
async function firstKnown(packages: readonly string[]): Promise<string> {
  for (const name of packages) {
    const policy = await run({ program: "apt-cache", args: ["policy", name] });
    if (/Candidate: \d/.test(policy)) return name;
  }
  throw new Error(`this system's package sources have none of ${packages.join(", ")}`);
}

async function aptGet(args: readonly string[], say: Job["say"]): Promise<void> {
  say(`apt-get ${args.join(" ")}`);
  const child = spawn("apt-get", [...args], {
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    stdio: ["ignore", process.stderr, process.stderr], // Standard output is for the environment alone.
    timeout: INSTALL_MS_MAX,
  });
  const [code, endedBy] = await once(child, "exit");
  if (code === 0) return;
  throw new Error(`apt-get ${args[0]} failed (${endedBy ?? `exit code ${code}`}); what it said is above`);
}
