/** Caps on public JSON, each with what happens at it. How many bytes a whole text may have is its carrier's matter. */

/** Levels of nesting in a JSON text. Beyond: refused before parsing. Our deepest message has six. */
export const JSON_DEPTH_MAX = 32;

/** UTF-16 units in one string. Beyond: refused, naming the field. The longest lawful string is a token. */
export const JSON_STRING_CHARS_MAX = 4096;

/** Items in one array. Beyond: refused, naming the field. The longest lawful array is a roster of 50. */
export const JSON_ITEMS_MAX = 256;

/** Characters of an unknown field's name that an answer repeats. Beyond: cut. */
export const JSON_NAME_SHOWN_CHARS_MAX = 64;
