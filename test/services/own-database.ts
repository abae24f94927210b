/** A database of a test file's own, on the server that DATABASE_URL names; so files run beside each other. */
import { randomUUID } from "node:crypto";
import { Client } from "pg";

export type OwnDatabase = {
  readonly url: string;
  /** Takes it out, whoever is still connected. */
  drop(): Promise<void>;
};

export async function createOwnDatabase(): Promise<OwnDatabase> {
  const server = process.env["DATABASE_URL"];
  if (server === undefined) throw new Error("DATABASE_URL is not set: run npm run test:services");
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  await asked(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => asked(server, `drop database ${name} with (force)`) };
}

/** Runs one statement over a connection of its own. */
async function asked(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000, query_timeout: 20_000 });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
