/** Goals: a bot goes where the mode's objectives are, and nowhere without any. */
import { expect, test } from "vitest";
import { type Objectives, SessionView } from "#client/index.ts";
import { goalsOf } from "#tools/bots/goals.ts";

const HOME = [
  { x: 1, y: 5, z: 0 },
  { x: 9, y: 5, z: 0 },
] as const;
const FAR = { x: 4, y: 4, z: 0 };
const NONE: Objectives = { sides_swapped: false, overtime: false, scores: [0, 0], flags: [], zones: [] };
const zone = (place: string, position: typeof FAR, owner?: number) => ({
  ...{ place, position, radius: 4, taken_percent: 0, contested: false },
  ...(owner !== undefined && { owner }),
});

/** What somebody of the first team is told. */
function viewOf(objectives: Objectives | null): SessionView {
  const you = { playerId: "me", teamId: "red" };
  const session = { teams: [{ team_id: "red" }, { team_id: "blue" }] };
  return Object.assign(Object.create(SessionView.prototype, { you: { value: you } }), {
    ...{ objectives, session, world: { bases: HOME } },
  }) as SessionView;
}

test.each<{ name: string; objectives: Objectives | null; goals: object[] }>([
  { name: "a mode without any", objectives: null, goals: [] },
  {
    name: "flags at home: the enemy's",
    objectives: { ...NONE, flags: HOME.map((position, side) => ({ side, state: "home", position })) },
    goals: [HOME[1]],
  },
  {
    name: "a dropped flag of one's own",
    objectives: { ...NONE, flags: [{ side: 0, state: "dropped", position: FAR }] },
    goals: [FAR],
  },
  {
    name: "who carries a flag: the own base",
    objectives: { ...NONE, flags: [{ side: 1, state: "carried", carrier_id: "me", position: HOME[1] }] },
    goals: [HOME[0]],
  },
  {
    name: "once sides are swapped: the other one",
    objectives: { ...NONE, sides_swapped: true, flags: [{ side: 1, state: "carried", carrier_id: "me" }] },
    goals: [HOME[1]],
  },
  { name: "the hill, held or not", objectives: { ...NONE, zones: [zone("hill", FAR, 0)] }, goals: [FAR] },
  {
    name: "zones that are not held",
    objectives: { ...NONE, zones: [zone("a", HOME[0], 0), zone("b", FAR), zone("c", HOME[1], 1)] },
    goals: [FAR, HOME[1]],
  },
])("$name", ({ objectives, goals }) => {
  expect(goalsOf(viewOf(objectives))).toEqual(goals);
});
