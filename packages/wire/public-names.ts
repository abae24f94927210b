/**
 * How descriptors are named in public JSON: snake_case fields, lower-case enum words without prefix, and the
 * options of options.proto. The conversion and the OpenAPI document both read names here, so they cannot differ.
 */
import { type DescEnum, type DescEnumValue, type DescField, getOption, hasOption } from "@bufbuild/protobuf";
import { per_unit, player_slot, unix_ms } from "#gen/necpgame/combat/v1/options_pb.js";

export type FieldForm = {
  /** Integer parts of a unit: public value = integer / perUnit. null: the number is what it is. */
  readonly perUnit: number | null;
  /** A slot that is shown as the player's uuid. */
  readonly playerSlot: boolean;
  /** Milliseconds since 1970 that are shown as RFC 3339. */
  readonly unixMs: boolean;
};

export function fieldForm(field: DescField): FieldForm {
  return {
    perUnit: hasOption(field, per_unit) ? getOption(field, per_unit) : null,
    playerSlot: hasOption(field, player_slot) && getOption(field, player_slot),
    unixMs: hasOption(field, unix_ms) && getOption(field, unix_ms),
  };
}

/** The field's key in public JSON. */
export function publicName(field: DescField): string {
  return fieldForm(field).playerSlot ? field.jsonName : field.name;
}

/** team_deathmatch for GAME_MODE_TEAM_DEATHMATCH; null for UNSPECIFIED, which has no word. */
export function enumWord(value: DescEnumValue): string | null {
  if (value.number === 0 && value.name.endsWith("_UNSPECIFIED")) return null;
  const prefix = value.parent.sharedPrefix ?? "";
  const name = value.name.toLowerCase();
  return name.startsWith(prefix.toLowerCase()) ? name.slice(prefix.length) : name;
}

/** All words of an enum, in the order of the proto file. */
export function enumWords(enumeration: DescEnum): string[] {
  return enumeration.values.map(enumWord).filter((word) => word !== null);
}
