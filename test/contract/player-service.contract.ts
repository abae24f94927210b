/** What every way of asking for players keeps, whoever decides. A suite; the tests beside it bring the adapters. */
import { expect, test } from "vitest";
import { DISPLAY_NAME_CHARS_MAX } from "#combat/related/limits.ts";
import type { PlayerService } from "#combat/related/player.ts";
import { ABILITY_NAMES } from "#combat/sim/content/abilities.ts";
import { WEAPON_NAMES } from "#combat/sim/content.ts";
import { patiently, timely } from "#support/patiently.ts";

const PLAYERS = ["11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222", "nobody we know"];

export function playerServiceContract(open: () => PlayerService): void {
  test.each(PLAYERS)("%s has a profile that can be shown and played, in time", async (playerId) => {
    const answer = await patiently(() => timely(open().profile(playerId)));
    if (!answer.ok) throw new Error(`no answer: ${answer.why}`);
    const { displayName, loadout } = answer.value;
    expect([...displayName].length).toBeLessThanOrEqual(DISPLAY_NAME_CHARS_MAX);
    const { weapons, abilities } = loadout;
    for (const list of [weapons, abilities]) expect(list?.length ?? 1).toBeGreaterThan(0);
    for (const weapon of weapons ?? []) expect(WEAPON_NAMES).toContain(weapon);
    for (const ability of abilities ?? []) expect(ABILITY_NAMES).toContain(ability);
  });

  test("the same player asked twice is the same", async () => {
    const players = open();
    const ask = () => players.profile(PLAYERS[0]!);
    const [once, again] = [await patiently(ask), await patiently(ask)];
    expect(again).toEqual(once);
  });
}
