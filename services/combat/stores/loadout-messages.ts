/** Loadouts as checkpoint.proto has them, and back. Everything is no message at all. */
import { create } from "@bufbuild/protobuf";
import { type StoredLoadout, StoredLoadoutSchema } from "#gen/necpgame/combat/v1/checkpoint_pb.js";
import type { AbilityName } from "../sim/content/abilities.ts";
import type { WeaponName } from "../sim/content.ts";
import { EVERYTHING, type Loadout } from "../sim/loadout.ts";

export function loadoutMessage({ weapons, abilities }: Loadout): { loadout?: StoredLoadout } {
  if (weapons === null && abilities === null) return {};
  return {
    loadout: create(StoredLoadoutSchema, { weapons: [...(weapons ?? [])], abilityIds: [...(abilities ?? [])] }),
  };
}

export function loadoutOf(message: StoredLoadout | undefined): Loadout {
  if (message === undefined) return EVERYTHING;
  return { weapons: listOf<WeaponName>(message.weapons), abilities: listOf<AbilityName>(message.abilityIds) };
}

/** Lists are never empty: without a name there is none. */
function listOf<Name extends string>(names: readonly string[]): Name[] | null {
  return names.length === 0 ? null : (names as Name[]);
}
