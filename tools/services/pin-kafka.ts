/**
 * Pin Kafka: `node tools/services/pin-kafka.ts [version]` writes kafka-jars.json anew, for the newest release or the one given.
 * In:  Maven Central, and `mvn`, which resolves what Kafka needs.   Out: the list, with the checksum of every jar.
 * Law: a jar is listed with the checksum of what Maven downloaded and verified; reading the change is the review.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fetchBytes, type Jar, sha256Of } from "./jars.ts";
import { INSTALL_MS_MAX } from "./limits.ts";
import { mavenCentralUrl } from "./maven-central.ts";
import { run } from "./run.ts";

const LIST = new URL("./kafka-jars.json", import.meta.url);
const KAFKA = "org/apache/kafka/kafka_2.13";
/** Resolves only; the version is fixed so that the same call does the same later. */
const PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";

const dependency = (group: string, name: string, version: string) =>
  `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`;

async function newestVersion(): Promise<string> {
  const text = new TextDecoder().decode(await fetchBytes(`${await mavenCentralUrl()}/${KAFKA}/maven-metadata.xml`));
  const versions = [...text.matchAll(/<version>(4(?:\.\d+)+)<\/version>/g)].map(([, version = ""]) => version);
  const [newest] = versions.toSorted((one, other) => other.localeCompare(one, "en", { numeric: true }));
  if (newest === undefined) throw new Error("Maven Central names no Kafka 4");
  return newest;
}

/** The jars in the folder, as a Maven repository has them, by path. */
async function resolve(folder: string, dependencies: readonly string[]): Promise<Jar[]> {
  const ids = "<groupId>necpgame</groupId><artifactId>kafka-jars</artifactId><version>1</version>";
  const pom = `<project><modelVersion>4.0.0</modelVersion>${ids}<dependencies>${dependencies.join("")}</dependencies></project>`;
  await writeFile(join(folder, "pom.xml"), pom);
  const options = ["-DincludeScope=runtime", "-Dmdep.useRepositoryLayout=true", `-DoutputDirectory=${folder}/jars`];
  const args = ["-q", "-B", "-f", join(folder, "pom.xml"), PLUGIN, ...options];
  await run({ program: "mvn", args, env: { HOME: process.env["HOME"] ?? "/" } }, { timeoutMs: INSTALL_MS_MAX });
  const files = await readdir(join(folder, "jars"), { recursive: true });
  const paths = files.filter((path) => path.endsWith(".jar")).sort();
  return Promise.all(
    paths.map(async (path) => {
      const bytes = await readFile(join(folder, "jars", path));
      return { path, bytes: bytes.length, sha256: sha256Of(bytes) };
    }),
  );
}

/** Kafka's own dependencies, and the binding through which it logs, in the version of log4j that it brings. */
async function pin(version: string): Promise<readonly Jar[]> {
  const folder = await mkdtemp(join(tmpdir(), "kafka-jars-"));
  try {
    const kafka = dependency("org.apache.kafka", "kafka_2.13", version);
    const jars = await resolve(folder, [kafka]);
    const log4j = jars.map(({ path }) => /\/log4j-core\/([^/]+)\//.exec(path)?.[1]).find(Boolean);
    if (log4j === undefined) throw new Error("Kafka brings no log4j-core: how it logs has changed");
    await rm(join(folder, "jars"), { recursive: true });
    return await resolve(folder, [kafka, dependency("org.apache.logging.log4j", "log4j-slf4j-impl", log4j)]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const version = process.argv[2] ?? (await newestVersion());
const jars = await pin(version);
await writeFile(LIST, `${JSON.stringify({ version, jars }, null, 2)}\n`);
process.stderr.write(`kafka-jars.json: Kafka ${version}, ${jars.length} jars\n`);
