/**
 * Client address: whom a request is counted against.
 * In:  the peer's address, X-Forwarded-For, and the proxies that are trusted.   Out: one key. Pure.
 * Law: X-Forwarded-For counts only as far as trusted proxies wrote it: from the right, up to the first address that
 *      is not one of them; what is left of that anybody may have made up.
 * An IPv6 client is its /64: whoever has one address there has them all.
 */
import { BlockList, isIP } from "node:net";
import { FORWARDED_ENTRIES_MAX } from "../limits.ts";

export type AddressReader = (peer: string | undefined, forwardedFor: string | undefined) => string;

export function createAddressReader(trustedProxies: readonly string[]): AddressReader {
  const trusted = new BlockList();
  for (const range of trustedProxies) addRange(trusted, range);
  return (peer, forwardedFor) => {
    let address = plain(peer ?? "");
    if (forwardedFor !== undefined && isTrusted(trusted, address)) {
      const entries = forwardedFor.split(",").slice(-FORWARDED_ENTRIES_MAX);
      for (const entry of entries.reverse()) {
        const candidate = plain(entry.trim());
        if (isIP(candidate) === 0) break;
        address = candidate;
        if (!isTrusted(trusted, address)) break;
      }
    }
    return keyOf(address);
  };
}

/** An address, or an address with the length of its prefix. */
export function isAddressRange(candidate: string): boolean {
  const [address = "", prefix, ...rest] = candidate.split("/");
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 6 ? 128 : 32));
}

function addRange(list: BlockList, range: string): void {
  const [address = "", prefix] = range.split("/");
  const family = isIP(address) === 6 ? "ipv6" : "ipv4";
  if (prefix === undefined) list.addAddress(address, family);
  else list.addSubnet(address, Number(prefix), family);
}

function isTrusted(list: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 6 ? "ipv6" : "ipv4");
}

/** ::ffff:10.0.0.1 is 10.0.0.1 on a port that listens for both kinds. */
function plain(address: string): string {
  return /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(address) ? address.slice("::ffff:".length) : address;
}

function keyOf(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = "", tail] = address.split("%", 1)[0]!.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array<string>(zeros).fill("0"), ...right];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`;
}
