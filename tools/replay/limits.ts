/** Limits of the replay tool: every cap, and what happens at it. */

/** Pages of one replay; a longer one is refused. At half a megabyte a page this is twice the largest RECORD_INPUTS. */
export const PAGES_MAX = 4_096;
/** A page that takes longer is given up. */
export const PAGE_MS_MAX = 30_000;
/** Between two lines about how far long work has come. */
export const PROGRESS_MS = 2_000;
