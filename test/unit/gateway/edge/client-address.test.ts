/** Client address: whom a request is counted against, and that nobody picks that for himself. */
import { describe, expect, test } from "vitest";
import { createAddressReader, isAddressRange } from "#gateway/edge/client-address.ts";
import { FORWARDED_ENTRIES_MAX } from "#gateway/limits.ts";

const direct = createAddressReader([]);
const proxied = createAddressReader(["10.0.0.0/8", "2001:db8::/32"]);

test("without trusted proxies X-Forwarded-For means nothing", () => {
  expect(direct("203.0.113.9", "198.51.100.1")).toBe("203.0.113.9");
});

describe("behind trusted proxies", () => {
  const rows: readonly [what: string, peer: string, forwarded: string | undefined, key: string][] = [
    ["the client a proxy saw", "10.0.0.1", "198.51.100.1", "198.51.100.1"],
    ["the last that no proxy wrote", "10.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"],
    ["through a chain of proxies", "10.0.0.1", "1.1.1.1, 198.51.100.1, 10.9.9.9", "198.51.100.1"],
    ["the peer when it is no proxy", "203.0.113.9", "198.51.100.1", "203.0.113.9"],
    ["the peer when nothing was forwarded", "10.0.0.1", undefined, "10.0.0.1"],
    ["the last good one before junk", "10.0.0.1", "198.51.100.1, junk, 10.9.9.9", "10.9.9.9"],
    ["the peer when all is junk", "10.0.0.1", "; drop table", "10.0.0.1"],
    ["a mapped IPv4 proxy", "::ffff:10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"],
    ["an IPv6 proxy", "2001:db8::1", "198.51.100.1", "198.51.100.1"],
  ];
  test.each(rows)("it is %s", (_what, peer, forwarded, key) => {
    expect(proxied(peer, forwarded)).toBe(key);
  });

  test("entries beyond the cap are not looked at", () => {
    const chain = ["198.51.100.1", ...Array.from({ length: FORWARDED_ENTRIES_MAX }, () => "10.0.0.2")].join(", ");
    expect(proxied("10.0.0.1", chain)).toBe("10.0.0.2");
  });
});

describe("an IPv6 client is its /64", () => {
  test.each([
    ["2001:470:1:2::1", "2001:470:1:2:ffff:ffff:ffff:ffff", true],
    ["2001:470:1:2::1", "2001:0470:0001:0002:0:0:0:1", true],
    ["2001:470:1:2::1", "2001:470:1:3::1", false],
    ["::1", "::2", true],
    ["fe80::1%eth0", "fe80::2%eth1", true],
  ])("%s and %s are one: %j", (one, other, same) => {
    expect(direct(one, undefined) === direct(other, undefined)).toBe(same);
  });
});

test("a peer that is gone still has a key", () => {
  expect(direct(undefined, undefined)).toBe("");
});

describe("a trusted proxy is", () => {
  test.each([
    ["10.0.0.1", true],
    ["10.0.0.0/8", true],
    ["2001:db8::/32", true],
    ["::1", true],
    ["10.0.0.0/33", false],
    ["2001:db8::/129", false],
    ["10.0.0.0/8/8", false],
    ["10.0.0.0/", false],
    ["10.0.0.0/-1", false],
    ["proxy.example", false],
    ["*", false],
  ])("%j: %j", (range, taken) => {
    expect(isAddressRange(range)).toBe(taken);
  });
});
