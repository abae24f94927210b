/** Ground: what abilities laid there, as frames show it. Rows are absolute, as players' are. */
import type { AbilityName } from "../sim/content/abilities.ts";
import { doesOf } from "../sim/fields.ts";
import type { Point, World } from "../sim/world.ts";

export type GroundRow = {
  ability: AbilityName;
  /** Null for who left since. */
  by: number | null;
  side: number;
  position: Point;
  radiusCm: number;
  untilMs: number;
};

export function groundRows({ fields }: World): GroundRow[] {
  return fields.map(({ ability, by, side, position, untilMs }) => {
    return { ability, by, side, position, radiusCm: doesOf(ability).radiusCm, untilMs };
  });
}
