/** What is on its way, as the messages of checkpoint.proto have it, and back: projectiles, and the rest of a burst. */
import { create } from "@bufbuild/protobuf";
import {
  type StoredBurst,
  StoredBurstSchema,
  type StoredProjectile,
  StoredProjectileSchema,
} from "#gen/necpgame/combat/v1/checkpoint_pb.js";
import { optional } from "#kit/optional.ts";
import type { WeaponName } from "../sim/content.ts";
import type { BurstLeft } from "../sim/fire.ts";
import type { Projectile } from "../sim/projectiles.ts";

export function projectileMessage({ by, ...projectile }: Projectile): StoredProjectile {
  return create(StoredProjectileSchema, { ...projectile, ...optional("by", by) });
}

export function projectileOf(message: StoredProjectile): Projectile {
  const { id, weapon, by, side, seq, x, y, z, vx, vy, vz, endsAtMs } = message;
  return { id, weapon: weapon as WeaponName, by: by ?? null, side, seq, x, y, z, vx, vy, vz, endsAtMs };
}

export function burstMessage(burst: BurstLeft): StoredBurst {
  return create(StoredBurstSchema, burst);
}

export function burstOf({ rounds, nextAtMs, x, y, z, wayMs, rewindMs, capped, seq }: StoredBurst): BurstLeft {
  return { rounds, nextAtMs, x, y, z, wayMs, rewindMs, capped, seq };
}
