/** Blows that wait to be decided, as checkpoint.proto has them, and back. Of none that ever were there is no message. */
import { create } from "@bufbuild/protobuf";
import { type StoredBlow, type StoredRulings, StoredRulingsSchema } from "#gen/necpgame/combat/v1/checkpoint_pb.js";
import { optional } from "#kit/optional.ts";
import type { BodyPart } from "../sim/body.ts";
import type { WeaponName } from "../sim/content.ts";
import type { Modifier } from "../sim/damage-sum.ts";
import type { DamageType } from "../sim/events.ts";
import { noRulings, type OpenBlow, type Rulings } from "../sim/rulings.ts";

export function rulingsMessage({ outside, next, open }: Rulings): { rulings?: StoredRulings } {
  if (!outside && next === 1 && open.length === 0) return {};
  const attacks = open.map(({ by, headshot, damage, blows }) => {
    return { ...optional("by", by), headshot, damage, blows: blows.map(blowMessage) };
  });
  return { rulings: create(StoredRulingsSchema, { outside, next, open: attacks }) };
}

export function rulingsOf(message: StoredRulings | undefined): Rulings {
  if (message === undefined) return noRulings();
  const { outside, next, open } = message;
  return {
    outside,
    next,
    open: open.map(({ by, headshot, damage, blows }) => {
      return { by: by ?? null, headshot, damage, blows: blows.map(blowOf), receipt: null, shot: null };
    }),
  };
}

function blowMessage({ id, askedAtMs, blow: { by, weapon, part, modifiers, ...blow } }: OpenBlow) {
  const named = { ...optional("by", by), ...optional("weapon", weapon), ...optional("part", part) };
  return { id, askedAtMs, ...blow, ...named, modifiers: [...modifiers] };
}

function blowOf(message: StoredBlow): OpenBlow {
  const { id, askedAtMs, target, damageType, base, penetration, critical } = message;
  const modifiers: Modifier[] = message.modifiers.map(({ kind, value, source, stacks }) => {
    return { kind: kind as Modifier["kind"], value, source, stacks };
  });
  return {
    id,
    askedAtMs,
    blow: {
      by: message.by ?? null,
      target,
      weapon: (message.weapon as WeaponName | undefined) ?? null,
      damageType: damageType as DamageType,
      base,
      part: (message.part as BodyPart | undefined) ?? null,
      penetration,
      modifiers,
      critical,
    },
  };
}
