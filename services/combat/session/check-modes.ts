/**
 * Check modes: how moves are checked, as operators say it.
 * In:  the text of a setting.   Out: the mode of each check, or null for what is not understood.
 * Grammar: items with commas between; an item is a mode (enforce, shadow, off) for all checks, or `check=mode` for one. What
 * comes later goes before what came earlier; what is not named is enforced.
 */
import { allIn, CHECK_MODES, CHECKS, type CheckMode, type Checks } from "../sim/suspicion.ts";

export type { Checks };

export const CHECK_MODES_ALLOWED = `${CHECK_MODES.join(", ")} or CHECK=MODE, with commas between; checks are ${CHECKS.join(", ")}`;

export function readCheckModes(text: string): Checks | null {
  let checks = allIn("enforce");
  for (const item of text.split(",")) {
    const [name = "", mode] = item.trim().split("=");
    if (mode === undefined && isMode(name)) checks = allIn(name);
    else if (mode !== undefined && isMode(mode) && isCheck(name)) checks = { ...checks, [name]: mode };
    else return null;
  }
  return checks;
}

function isMode(word: string): word is CheckMode {
  return (CHECK_MODES as readonly string[]).includes(word);
}

function isCheck(word: string): word is keyof Checks {
  return (CHECKS as readonly string[]).includes(word);
}
