/** Text hash: 64 bits of a text as 16 hex digits, the same on every machine. Not for secrets. */

/** FNV-1a, twice over with different beginnings and primes. */
export function hashText(text: string): string {
  let one = 0x811c_9dc5;
  let two = 0x2f0b_4c47;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    one = Math.imul(one ^ unit, 0x0100_0193);
    two = Math.imul(two ^ unit, 0x85eb_ca6b);
    two ^= two >>> 15;
  }
  return [one, two].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}
