/** Token abuse: every way we know to get in with a token that should not let anybody in. */
import { generateKeyPairSync } from "node:crypto";
import { rmSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { INTERNAL_AUDIENCE, INTERNAL_ISSUER, TICKET_AUDIENCE } from "#auth/auth-config.ts";
import { readBearer } from "#auth/bearer.ts";
import { createIssuer } from "#auth/issuer.ts";
import { TOKEN_CHARS_MAX, VERIFIED_TOKEN_MS_MAX } from "#auth/limits.ts";
import { createVerifier } from "#auth/verifier.ts";
import { ManualClock } from "#kit/clock.ts";
import { createForge, encode, type Fields, macSigned, signed } from "./forge.ts";

const PLAYER = "11111111-1111-4111-8111-111111111111";
const SESSION = "22222222-2222-4222-8222-222222222222";
const NOW_SECONDS = 1_750_000_000;

const forge = await createForge();
const { config, users, rsaUsers, own } = forge;
const stranger = generateKeyPairSync("ed25519");
const clock = new ManualClock(NOW_SECONDS * 1000);
const verifier = createVerifier(config, clock);

afterAll(() => rmSync(forge.folder, { recursive: true, force: true }));

const header = { alg: "EdDSA", kid: "users", typ: "JWT" };
const claims = { iss: "necpgame", aud: "combat", sub: PLAYER, roles: ["player"], exp: NOW_SECONDS + 600 };
const ticketClaims = {
  iss: INTERNAL_ISSUER,
  aud: TICKET_AUDIENCE,
  jti: "33333333-3333-4333-8333-333333333333",
  sid: SESSION,
  sub: PLAYER,
  role: "player",
  exp: NOW_SECONDS + 60,
};

/** Claims with some changed; undefined takes one away. */
function but(changes: Fields, base: Fields = claims): string {
  return signed(header, { ...base, ...changes }, users);
}

function withoutSignature(alg: string): string {
  return `${encode({ alg, typ: "JWT" })}.${encode(claims)}.`;
}

const good = signed(header, claims, users);
const [goodHeader, goodClaims, goodSignature] = good.split(".") as [string, string, string];
const usersPem = users.publicKey.export({ format: "pem", type: "spki" });
const rsaPem = rsaUsers.publicKey.export({ format: "pem", type: "spki" });
const usersRaw = Buffer.from(users.publicKey.export({ format: "jwk" }).x as string, "base64url");
const strangerJwk = stranger.publicKey.export({ format: "jwk" });

describe("tokens that hold are taken", () => {
  test("EdDSA, with everything the claims say", async () => {
    const token = but({ name: "Vee", sid: SESSION, roles: ["player", "admin"] });
    expect(await verifier.user(token)).toEqual({
      ok: true,
      value: {
        playerId: PLAYER,
        roles: new Set(["player", "admin"]),
        name: "Vee",
        sessionId: SESSION,
        expiresAtUnixMs: (NOW_SECONDS + 600) * 1000,
      },
    });
  });

  test("RS256, and audience as an array that has ours", async () => {
    const token = signed({ alg: "RS256", kid: "rsa-users" }, { ...claims, aud: ["shop", "combat"] }, rsaUsers);
    expect(await verifier.user(token)).toMatchObject({ ok: true, value: { playerId: PLAYER } });
  });

  test("without kid, by whichever key of the set fits", async () => {
    expect(await verifier.user(signed({ alg: "EdDSA" }, claims, users))).toMatchObject({ ok: true });
  });

  test("a ticket of our own signing opens the socket as a ticket, a user's token as a user", async () => {
    const issuer = createIssuer(config, clock);
    const ticket = await issuer.ticket({ sessionId: SESSION, playerId: PLAYER, role: "spectator" });
    expect(await verifier.socket(ticket)).toMatchObject({
      ok: true,
      value: { kind: "ticket", ticket: { sessionId: SESSION, playerId: PLAYER, role: "spectator" } },
    });
    expect(await verifier.socket(good)).toMatchObject({ ok: true, value: { kind: "user" } });
  });
});

const refusedUsers: readonly [what: string, token: string, reason: string][] = [
  ["nothing", "", "missing"],
  ["alg none without signature", withoutSignature("none"), "algorithm"],
  ["alg None", withoutSignature("None"), "algorithm"],
  ["alg NONE", withoutSignature("NONE"), "algorithm"],
  ["alg nOnE", withoutSignature("nOnE"), "algorithm"],
  ["alg none over a good signature", `${encode({ alg: "none" })}.${goodClaims}.${goodSignature}`, "algorithm"],
  ["HS256 with the Ed25519 public key's PEM as secret", macSigned({ alg: "HS256" }, claims, usersPem), "algorithm"],
  ["HS256 with the Ed25519 public key's bytes as secret", macSigned({ alg: "HS256" }, claims, usersRaw), "algorithm"],
  ["HS256 with the RSA public key's PEM", macSigned({ alg: "HS256", kid: "rsa-users" }, claims, rsaPem), "algorithm"],
  ["HMAC under the name RS256", macSigned({ alg: "RS256", kid: "rsa-users" }, claims, rsaPem), "signature"],
  ["HMAC under the name EdDSA", macSigned(header, claims, usersRaw), "signature"],
  ["a stranger's key", signed(header, claims, stranger), "signature"],
  ["a stranger's key under an unknown kid", signed({ ...header, kid: "mine" }, claims, stranger), "signature"],
  [
    "a stranger's key embedded as jwk",
    signed({ alg: "EdDSA", typ: "JWT", jwk: strangerJwk }, claims, stranger),
    "signature",
  ],
  [
    "a stranger's key behind jku",
    signed({ alg: "EdDSA", jku: "http://127.0.0.1:9/keys.json" }, claims, stranger),
    "signature",
  ],
  ["our own internal key on a user's token", signed(header, claims, own), "signature"],
  ["no signature", `${goodHeader}.${goodClaims}.`, "signature"],
  ["another token's claims", `${goodHeader}.${encode({ ...claims, roles: ["admin"] })}.${goodSignature}`, "signature"],
  [
    "a critical header nobody understands",
    signed({ ...header, crit: ["b64"], b64: false }, claims, users),
    "malformed",
  ],
  ["a fourth segment", `${good}.e30`, "malformed"],
  ["five segments, as encrypted tokens have", `${good}.e30.e30`, "malformed"],
  ["two segments", `${goodHeader}.${goodClaims}`, "malformed"],
  ["no dots", "token", "malformed"],
  ["dots alone", "..", "malformed"],
  ["a header that is no JSON", `${encode("nope")}.${goodClaims}.${goodSignature}`, "malformed"],
  ["claims that are an array", signed(header, [claims], users), "malformed"],
  ["claims that are null", signed(header, null, users), "malformed"],
  ["a huge token", `${goodHeader}.${"A".repeat(1_000_000)}.${goodSignature}`, "too_long"],
  ["one character over the cap", "a".repeat(TOKEN_CHARS_MAX + 1), "too_long"],
  ["no exp", but({ exp: undefined }), "expiry"],
  ["exp as text", but({ exp: String(NOW_SECONDS + 600) }), "expiry"],
  ["exp beyond what a date can hold", but({ exp: 1e15 }), "expiry"],
  ["expired a second ago", but({ exp: NOW_SECONDS - 1 }), "expired"],
  ["expiring this very second", but({ exp: NOW_SECONDS }), "expired"],
  ["not valid yet", but({ nbf: NOW_SECONDS + 60 }), "not_yet_valid"],
  ["no aud", but({ aud: undefined }), "audience"],
  ["wrong aud", but({ aud: "shop" }), "audience"],
  ["an empty list as aud", but({ aud: [] }), "audience"],
  ["no iss", but({ iss: undefined }), "issuer"],
  ["wrong iss", but({ iss: "necpgame.example" }), "issuer"],
  ["iss that only begins right", but({ iss: "necpgame " }), "issuer"],
  ["no sub", but({ sub: undefined }), "subject"],
  ["sub that is no UUID", but({ sub: "player-1" }), "subject"],
  ["sub in upper case", but({ sub: "AAAAAAAA-1111-4111-8111-111111111111" }), "subject"],
  ["sub as a number", but({ sub: 7 }), "subject"],
  ["no roles", but({ roles: undefined }), "roles"],
  ["empty roles", but({ roles: [] }), "roles"],
  ["roles as text", but({ roles: "admin" }), "roles"],
  ["a role that is none", but({ roles: ["player", "root"] }), "roles"],
  ["the role __proto__", but({ roles: ["__proto__"] }), "roles"],
  ["nine roles", but({ roles: Array.from({ length: 9 }, () => "player") }), "roles"],
  ["a name over the cap", but({ name: "x".repeat(65) }), "claims"],
  ["a name that is an object", but({ name: {} }), "claims"],
  ["sid that is no UUID", but({ sid: "*" }), "claims"],
];

describe("a user's token is refused with", () => {
  test.each(refusedUsers)("%s", async (_what, token, reason) => {
    expect(await verifier.user(token)).toMatchObject({
      ok: false,
      problem: { error: "UNAUTHENTICATED", details: { reason } },
    });
  });

  test.each(refusedUsers)("%s, at the socket too", async (_what, token) => {
    expect(await verifier.socket(token)).toMatchObject({ ok: false, problem: { error: "UNAUTHENTICATED" } });
  });

  test.each(refusedUsers)("%s, and the refusal repeats nothing of it", async (_what, token) => {
    const refusal = JSON.stringify(await verifier.user(token));
    for (const part of token.split(".")) if (part.length > 16) expect(refusal).not.toContain(part);
  });
});

describe("no token opens another's door", () => {
  const issuer = createIssuer(config, clock);
  const ownHeader = { alg: "EdDSA" };
  const rows: readonly [what: string, door: "user" | "ticket" | "internal", token: () => Promise<string> | string][] = [
    ["a user's token as ticket", "ticket", () => good],
    ["a user's token as internal", "internal", () => good],
    ["a ticket as user", "user", () => issuer.ticket({ sessionId: SESSION, playerId: PLAYER, role: "player" })],
    ["a ticket as internal", "internal", () => issuer.ticket({ sessionId: SESSION, playerId: PLAYER, role: "player" })],
    ["an internal token as ticket", "ticket", () => issuer.internal("gateway")],
    ["an internal token as user", "user", () => issuer.internal("gateway")],
    ["a token for the game's other services as internal", "internal", () => issuer.outgoing("combat")],
    ["a token for the game's other services as user", "user", () => issuer.outgoing("combat")],
    ["a ticket signed with a user's key", "ticket", () => signed(header, ticketClaims, users)],
    [
      "an internal token signed with a user's key",
      "internal",
      () => signed(header, { ...ticketClaims, aud: INTERNAL_AUDIENCE }, users),
    ],
    [
      "a ticket that is also for another audience",
      "ticket",
      () => signed(ownHeader, { ...ticketClaims, aud: [TICKET_AUDIENCE, INTERNAL_AUDIENCE] }, own),
    ],
    ["a ticket of another issuer", "ticket", () => signed(ownHeader, { ...ticketClaims, iss: "necpgame" }, own)],
    ["a ticket without jti", "ticket", () => signed(ownHeader, { ...ticketClaims, jti: undefined }, own)],
    ["a ticket without session", "ticket", () => signed(ownHeader, { ...ticketClaims, sid: undefined }, own)],
    ["a ticket without expiry", "ticket", () => signed(ownHeader, { ...ticketClaims, exp: undefined }, own)],
    ["a ticket for the role admin", "ticket", () => signed(ownHeader, { ...ticketClaims, role: "admin" }, own)],
    ["a ticket with alg none", "ticket", () => `${encode({ alg: "none" })}.${encode(ticketClaims)}.`],
  ];
  test.each(rows)("%s", async (_what, door, token) => {
    const answer = await verifier[door](await token());
    expect(answer).toMatchObject({ ok: false, problem: { error: "UNAUTHENTICATED" } });
  });

  test("the ticket those were made from is a good one", async () => {
    expect(await verifier.ticket(signed(ownHeader, ticketClaims, own))).toMatchObject({ ok: true });
  });
});

describe("a remembered token", () => {
  test("ends with its expiry, not with the memory", async () => {
    const own = new ManualClock(NOW_SECONDS * 1000);
    const remembering = createVerifier(config, own);
    const token = but({ exp: NOW_SECONDS + 30 });
    expect(await remembering.user(token)).toMatchObject({ ok: true });
    own.advance(29_999);
    expect(await remembering.user(token)).toMatchObject({ ok: true });
    own.advance(1);
    expect(await remembering.user(token)).toMatchObject({ ok: false, problem: { details: { reason: "expired" } } });
  });

  test("is checked again after its time on memory, so that a withdrawn key stops working", async () => {
    const own = new ManualClock(NOW_SECONDS * 1000);
    let asked = 0;
    const counting: typeof config.userKeys = (...call) => {
      asked += 1;
      return config.userKeys(...call);
    };
    const remembering = createVerifier({ ...config, userKeys: counting }, own);
    await remembering.user(good);
    await remembering.user(good);
    expect(asked).toBe(1);
    own.advance(VERIFIED_TOKEN_MS_MAX);
    await remembering.user(good);
    expect(asked).toBe(2);
  });

  test("remembered at one door is a stranger at the other", async () => {
    expect(await verifier.user(good)).toMatchObject({ ok: true });
    expect(await verifier.ticket(good)).toMatchObject({ ok: false });
  });
});

describe("the Authorization header", () => {
  const rows: readonly [header: string | undefined, reason: string][] = [
    [undefined, "missing"],
    ["", "missing"],
    ["Bearer", "scheme"],
    ["Bearer ", "scheme"],
    ["Basic dXNlcjpwYXNz", "scheme"],
    [`Bearer ${good} ${good}`, "scheme"],
    [`${good}`, "scheme"],
    [`Token ${good}`, "scheme"],
  ];
  test.each(rows)("%j is refused", (value, reason) => {
    expect(readBearer(value)).toMatchObject({ ok: false, problem: { error: "UNAUTHENTICATED", details: { reason } } });
  });

  test("takes the scheme in any case", () => {
    expect(readBearer("bEARER a.b.c")).toEqual({ ok: true, value: "a.b.c" });
  });
});
