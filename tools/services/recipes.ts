/** Recipes: the servers there are, and ports for all of them. */
import { kafka } from "./kafka.ts";
import { freePorts } from "./ports.ts";
import { postgres } from "./postgres.ts";
import { redis } from "./redis.ts";
import type { Recipe } from "./server.ts";
import type { State } from "./state.ts";

export const RECIPES: readonly Recipe[] = [postgres, redis, kafka];

export async function newPorts(): Promise<State["ports"]> {
  const rest = [...(await freePorts(RECIPES.reduce((sum, { portCount }) => sum + portCount, 0)))];
  const ports = RECIPES.map(({ kind, portCount }) => [kind, rest.splice(0, portCount)]);
  return Object.fromEntries(ports);
}
