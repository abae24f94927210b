/**
 * Content version: says under which rules a match was played, so that its recording is played under the same again.
 * Out: 16 hex digits of everything that tables and maps say, and of RULES_VERSION.
 * Law: the same content has the same version on every machine and in every process; any number changed in a table or a map
 *      changes it. Code that decides otherwise from the same tables does not show in them: who changes it so that a golden
 *      match ends otherwise counts RULES_VERSION up.
 */
import { ARMOUR_SHARE } from "./armour.ts";
import { BODY_SIZES } from "./body.ts";
import * as abilities from "./content/abilities.ts";
import * as items from "./content/items.ts";
import * as weapons from "./content/weapons.ts";
import { EFFECTS } from "./effect-table.ts";
import * as envelope from "./envelope.ts";
import { MAPS } from "./maps.ts";
import { PLAIN_MODE_RULES, USUAL_MODE_RULES } from "./modes/mode-rules.ts";
import { hashText } from "./text-hash.ts";

/** Of the code of the rules, beside their tables. */
const RULES_VERSION = 2;

/** Of whole files of tables everything that they export: a table that is added to one is in it. */
const CONTENT = {
  RULES_VERSION,
  abilities: tablesOf(abilities),
  items: tablesOf(items),
  weapons: tablesOf(weapons),
  envelope: tablesOf(envelope),
  EFFECTS,
  ARMOUR_SHARE,
  BODY_SIZES,
  MAPS,
  PLAIN_MODE_RULES,
  USUAL_MODE_RULES,
};

export const CONTENT_VERSION: string = hashText(JSON.stringify(CONTENT));

/** In an order of their own: not every loader lists what a file exports by name. */
function tablesOf(file: Readonly<Record<string, unknown>>): readonly (readonly [string, unknown])[] {
  return Object.entries(file).sort(([one], [other]) => (one < other ? -1 : 1));
}
