/**
 * Development key: an Ed25519 key in the data directory, made by whichever process comes first.
 * In:  the directory.   Out: the private JWK, the same for every process.
 * Law: two processes that start at once end with one key (a link fails when the name is taken); nobody ever reads a
 *      half-written file; only the owner may read it.
 */
import { randomUUID } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { exportJWK, generateKeyPair, type JWK } from "jose";

const FILE_NAME = "dev-key.json";

export async function readDevKey(directory: string): Promise<JWK> {
  const path = join(directory, FILE_NAME);
  return (await readExisting(path)) ?? (await makeKey(directory, path));
}

async function readExisting(path: string): Promise<JWK | null> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as JWK;
  } catch (cause) {
    if (isCode(cause, "ENOENT")) return null;
    if (cause instanceof SyntaxError) throw new Error(`${path} is not a key; delete it to get a new one`);
    throw cause;
  }
}

async function makeKey(directory: string, path: string): Promise<JWK> {
  await mkdir(directory, { recursive: true });
  const { privateKey } = await generateKeyPair("EdDSA", { extractable: true });
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, `${JSON.stringify(await exportJWK(privateKey))}\n`, { mode: 0o600, flag: "wx" });
  try {
    await link(draft, path);
  } catch (cause) {
    if (!isCode(cause, "EEXIST")) throw cause; // Another process was first: its key is the key.
  } finally {
    await rm(draft, { force: true });
  }
  return JSON.parse(await readFile(path, "utf8")) as JWK;
}

function isCode(cause: unknown, code: string): boolean {
  return cause instanceof Error && (cause as NodeJS.ErrnoException).code === code;
}
