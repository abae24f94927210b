/**
 * Directory in Redis: one hash, combat:instances, with a field per run: "<beats> <µs of its last beat> <Instance>".
 * In:  beats.   Out: every run that beats or did.
 * Law: as directory.ts says. A run's beats go on growing when Redis lost everything: it brings along what it counted.
 *      A field that is not what it should be is taken out with the next beat.
 */
import type { Redis } from "ioredis";
import { assert } from "#kit/assert.ts";
import type { Directory, Heard, Instance } from "./directory.ts";
import { DIRECTORY_CALL_MS_MAX, INSTANCES_MAX } from "./limits.ts";
import { RedisCalls } from "./redis-calls.ts";

export type RedisDirectoryOptions = {
  /** The caller closes it, after the directory. */
  readonly redis: Redis;
  readonly prefix?: string;
  readonly callMsMax?: number;
  readonly instancesMax?: number;
};

/** ARGV: run, its Instance, beats it knows of, most runs that may be listed. Answers {run, value, run, value, …}. */
const BEAT = `
local function parts(value) return string.match(value, '^(%d+) (%d+) (.+)$') end

local held = redis.call('HGET', KEYS[1], ARGV[1])
local beats = held and tonumber((parts(held))) or 0
local time = redis.call('TIME')
local stamp = string.format('%.0f', time[1] * 1000000 + time[2])
beats = string.format('%.0f', math.max(beats, tonumber(ARGV[3])) + 1)
redis.call('HSET', KEYS[1], ARGV[1], beats .. ' ' .. stamp .. ' ' .. ARGV[2])

local all = redis.call('HGETALL', KEYS[1])
local runs, heard = {}, {}
for i = 1, #all, 2 do
  local _, last = parts(all[i + 1])
  if last then
    runs[#runs + 1] = {all[i], all[i + 1], all[i] == ARGV[1] and math.huge or tonumber(last)}
  else
    redis.call('HDEL', KEYS[1], all[i])
  end
end
if #runs > tonumber(ARGV[4]) then
  table.sort(runs, function(a, b) return a[3] > b[3] end)
  for i = #runs, tonumber(ARGV[4]) + 1, -1 do
    redis.call('HDEL', KEYS[1], runs[i][1])
    runs[i] = nil
  end
end
for i = 1, #runs do
  heard[2 * i - 1] = runs[i][1]
  heard[2 * i] = runs[i][2]
end
return heard
`;

type BeatingRedis = Redis & { directoryBeat(...parts: (string | number)[]): Promise<string[]> };

export function createRedisDirectory(options: RedisDirectoryOptions): Directory {
  return new RedisDirectory(options);
}

class RedisDirectory implements Directory {
  private readonly redis: BeatingRedis;
  private readonly calls: RedisCalls;
  private readonly key: string;
  private readonly instancesMax: number;
  /** Beats of each run that beats through this directory: one, but for tests. */
  private readonly counted = new Map<string, number>();

  constructor({ redis, prefix = "combat:", callMsMax, instancesMax = INSTANCES_MAX }: RedisDirectoryOptions) {
    redis.defineCommand("directoryBeat", { lua: BEAT, numberOfKeys: 1 });
    this.redis = redis as BeatingRedis;
    this.calls = new RedisCalls({ redis, msMax: callMsMax ?? DIRECTORY_CALL_MS_MAX });
    this.key = `${prefix}instances`;
    this.instancesMax = instancesMax;
  }

  async beat({ name, boot, address }: Instance): Promise<Heard[]> {
    const own = JSON.stringify({ name, address });
    const all = await this.calls.run(`beat at ${this.key}`, () =>
      this.redis.directoryBeat(this.key, boot, own, this.counted.get(boot) ?? 0, this.instancesMax),
    );
    const heard: Heard[] = [];
    for (let at = 0; at < all.length; at += 2) {
      const one = heardOf(all[at] ?? "", all[at + 1] ?? "");
      if (one !== null) heard.push(one);
    }
    const self = heard.find((one) => one.boot === boot);
    assert(self !== undefined, "whoever beats is heard");
    this.counted.set(boot, self.beats);
    return heard;
  }

  async leave({ boot }: Instance): Promise<void> {
    await this.calls.run(`leave at ${this.key}`, () => this.redis.hdel(this.key, boot));
    this.counted.delete(boot);
  }

  async forget({ boot }: Instance): Promise<void> {
    await this.calls.run(`forget at ${this.key}`, () => this.redis.hdel(this.key, boot));
  }

  close(): Promise<void> {
    return this.calls.close();
  }
}

/** Null for what no beat of ours has written. */
function heardOf(boot: string, value: string): Heard | null {
  const [, beats, written] = /^(\d+) \d+ (.+)$/s.exec(value) ?? [];
  if (beats === undefined || written === undefined) return null;
  try {
    const { name, address } = JSON.parse(written) as { name?: unknown; address?: unknown };
    if (typeof name !== "string" || typeof address !== "string") return null;
    return { name, boot, address, beats: Number(beats) };
  } catch {
    return null; // Somebody else wrote it; it will not be heard of.
  }
}
