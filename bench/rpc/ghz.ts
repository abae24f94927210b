/**
 * ghz: the load generator, built by Go where there is one: `go install` of a fixed version into node_modules/.cache.
 * In:  a load.   Out: what ghz reported of it; null with the reason where it cannot be had.
 * Law: it knows the messages by a descriptor set, so that a server without reflection is called alike; token and requests
 *      reach it in files, since a command line is short and can be read by everybody. Its templates are off.
 */
import { execFile } from "node:child_process";
import { access, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { create, type DescFile, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { CombatSessionService } from "#gen/necpgame/combat/v1/session_service_pb.js";
import { readGhzReport } from "./ghz-report.ts";
import type { Load, Loader, Pace } from "./load.ts";

const VERSION = "v0.121.0";
const FOLDER = new URL(`../../node_modules/.cache/ghz-${VERSION}`, import.meta.url).pathname;
const INSTALL_MS_MAX = 300_000;
const RUN_MS_MAX = 120_000;
const ERROR_CHARACTERS_MAX = 300;
const run = promisify(execFile);

export async function openGhz(say: (text: string) => void): Promise<Loader | null> {
  const program = join(FOLDER, "ghz");
  if (!(await exists(program))) {
    say(`ghz ${VERSION} is built by Go, once`);
    const why = await install();
    if (why !== null) {
      say(`no ghz: ${why}`);
      return null;
    }
  }
  return { name: `ghz ${VERSION}`, run: (load) => runGhz(program, load) };
}

/** Null when it is there; else why it is not. */
async function install(): Promise<string | null> {
  try {
    await mkdir(FOLDER, { recursive: true });
    const env = { ...process.env, GOBIN: FOLDER };
    await run("go", ["install", `github.com/bojand/ghz/cmd/ghz@${VERSION}`], { env, timeout: INSTALL_MS_MAX });
    return null;
  } catch (error) {
    const { code, stderr } = error as { code?: unknown; stderr?: string };
    if (code === "ENOENT") return "Go is not on the PATH";
    return `Go could not build it: ${(stderr || String(error)).slice(-ERROR_CHARACTERS_MAX)}`;
  }
}

async function runGhz(program: string, load: Load) {
  const folder = await mkdtemp(join(tmpdir(), "combat-bench-ghz-"));
  try {
    const files = { set: join(folder, "set.pb"), data: join(folder, "data.json"), head: join(folder, "head.json") };
    const report = join(folder, "report.json");
    await writeFile(files.set, descriptorSet());
    await writeFile(files.data, JSON.stringify(load.requests));
    await writeFile(files.head, JSON.stringify({ authorization: `Bearer ${load.token}` }), { mode: 0o600 });
    await run(program, ghzArguments(load, { ...files, report }), { timeout: RUN_MS_MAX });
    return readGhzReport(await readFile(report, "utf8"));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Files = { readonly set: string; readonly data: string; readonly head: string; readonly report: string };

export function ghzArguments({ target, method, calls, pace }: Load, { set, data, head, report }: Files): string[] {
  return [
    "--insecure",
    `--protoset=${set}`,
    `--call=${CombatSessionService.typeName}.${CombatSessionService.method[method].name}`,
    `--data-file=${data}`,
    `--metadata-file=${head}`,
    "--disable-template-functions",
    "--disable-template-data",
    `--total=${calls}`,
    ...paceArguments(pace),
    "--format=json",
    `--output=${report}`,
    target,
  ];
}

/** At a rate it is told not to wait for answers: else a slow one would hold back the calls after it. */
function paceArguments(pace: Pace): string[] {
  if (pace.kind === "closed") return [`--concurrency=${pace.callers}`];
  return ["--async", "--concurrency=1", `--rps=${pace.perSecond}`];
}

function descriptorSet(): Uint8Array {
  const files = new Map<string, DescFile>();
  const collect = (file: DescFile): void => {
    if (files.has(file.name)) return;
    for (const dependency of file.dependencies) collect(dependency);
    files.set(file.name, file);
  };
  collect(CombatSessionService.file);
  return toBinary(
    FileDescriptorSetSchema,
    create(FileDescriptorSetSchema, { file: [...files.values()].map(({ proto }) => proto) }),
  );
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
