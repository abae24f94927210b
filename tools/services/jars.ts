/**
 * Jars: Kafka's own and those it needs, from Maven Central, as kafka-jars.json lists them.
 * In:  the list.   Out: a folder with exactly these jars, each with the checksum of its row.
 * Law: a jar gets its name in the folder only after its checksum matched, and is checked again at every start; so a cut
 *      download, or two at once, leaves no half jar. The list is the lock: nothing is fetched that it does not name.
 * Not here: how the list is made (pin-kafka.ts).
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { setGlobalProxyFromEnv } from "node:http";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import list from "./kafka-jars.json" with { type: "json" };
import { FETCH_MS_MAX, FETCH_RETRY_MS, FETCH_TRIES_MAX, FETCHES_MAX, JAR_BYTES_MAX, PROGRESS_MS } from "./limits.ts";
import { mavenCentralUrl } from "./maven-central.ts";
import type { Job } from "./server.ts";

/** `path` below the address of a Maven repository; `sha256` in hex. */
export type Jar = { readonly path: string; readonly bytes: number; readonly sha256: string };

export const KAFKA_VERSION = list.version;
export const KAFKA_JARS: readonly Jar[] = list.jars;

export function jarFolder(env: NodeJS.ProcessEnv = process.env): string {
  const cache = env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  return join(cache, "necpgame-services", `kafka-${KAFKA_VERSION}`);
}

/** Fetches what the folder does not hold yet. */
export async function fetchJars({ say, signal }: Job): Promise<void> {
  const folder = jarFolder();
  await mkdir(folder, { recursive: true });
  const held = await Promise.all(KAFKA_JARS.map((jar) => isHeld(folder, jar)));
  const missing = KAFKA_JARS.filter((_, at) => !held[at]);
  if (missing.length === 0) return;
  const from = await mavenCentralUrl();
  goOutAsTheMachineDoes();
  const progress = tellProgress(missing, from, say);
  const queue = missing.values();
  const failed = new AbortController();
  const ends = AbortSignal.any([signal, failed.signal]);
  const work = async () => {
    for (const jar of queue) {
      await fetchJar({ url: `${from}/${jar.path}`, path: join(folder, basename(jar.path)), jar, signal: ends });
      progress.done(jar);
    }
  };
  const works = Array.from({ length: FETCHES_MAX }, work);
  try {
    await Promise.all(works);
  } finally {
    failed.abort(); // One that could not be fetched ends the others.
    await Promise.allSettled(works);
    progress.end();
  }
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

async function isHeld(folder: string, jar: Jar): Promise<boolean> {
  const bytes = await readFile(join(folder, basename(jar.path))).catch(() => null); // Not there: to be fetched.
  return bytes !== null && sha256Of(bytes) === jar.sha256;
}

type Fetch = { readonly url: string; readonly path: string; readonly jar: Jar; readonly signal: AbortSignal };

async function fetchJar({ url, path, jar, signal }: Fetch): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      const bytes = await fetchBytes(url, signal);
      if (sha256Of(bytes) !== jar.sha256) throw new Error("has not the checksum of kafka-jars.json");
      await writeWhole(path, bytes);
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (tries >= FETCH_TRIES_MAX) throw unfetched(url, error);
      await delay(FETCH_RETRY_MS, undefined, { signal });
    }
  }
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const unfinished = `${path}.${process.pid}`;
  try {
    await writeFile(unfinished, bytes);
    await rename(unfinished, path);
  } finally {
    await rm(unfinished, { force: true });
  }
}

/** The whole body; refuses one larger than any jar may be. */
export async function fetchBytes(url: string, signal?: AbortSignal): Promise<Uint8Array> {
  const timeout = AbortSignal.timeout(FETCH_MS_MAX);
  const answer = await fetch(url, { signal: signal ? AbortSignal.any([signal, timeout]) : timeout });
  if (!answer.ok || answer.body === null) throw new Error(`answered ${answer.status}`);
  const chunks: Uint8Array[] = [];
  let count = 0;
  for await (const chunk of answer.body) {
    count += chunk.length;
    if (count > JAR_BYTES_MAX) throw new Error(`is larger than ${JAR_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Through the proxy of the environment, trusting whom the system trusts, as apt-get and curl do. */
function goOutAsTheMachineDoes(): void {
  setGlobalProxyFromEnv();
  setDefaultCACertificates([...getCACertificates("default"), ...getCACertificates("system")]);
}

function unfetched(url: string, error: unknown): Error {
  const { message, cause } = error as Error;
  const why = cause instanceof Error ? `${message}: ${cause.message}` : message;
  const next =
    "MAVEN_CENTRAL_URL names another repository, HTTPS_PROXY a proxy, NODE_EXTRA_CA_CERTS more whom to trust";
  return new Error(`${url} ${why}. ${next}.`, { cause: error });
}

function tellProgress(jars: readonly Jar[], from: string, say: Job["say"]) {
  const bytesAll = jars.reduce((sum, { bytes }) => sum + bytes, 0);
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
  let count = 0;
  let bytes = 0;
  const tell = () => say(`kafka: ${count} of ${jars.length} jars, ${megabytes(bytes)} of ${megabytes(bytesAll)} MB`);
  say(`kafka: fetching ${KAFKA_VERSION} from ${from}`);
  const timer = setInterval(tell, PROGRESS_MS);
  return {
    done(jar: Jar) {
      count += 1;
      bytes += jar.bytes;
    },
    end() {
      clearInterval(timer);
      tell();
    },
  };
}
