/**
 * Judge of one viewer: what it was shown is what was published, in order, and full states say what the events make.
 */
import type { Seen, Sight } from "./book.ts";
import { type Figure, hundredths } from "./fold.ts";
import type { Note } from "./judge.ts";
import type { States } from "./judge-match.ts";
import { same, type Told } from "./told.ts";

export function judgeSight({ viewer, seen }: Sight, told: readonly Told[], states: States, note: Note): void {
  const bySeq = new Map(told.map((one) => [one.seq, one]));
  let lastSeq: number | null = null;
  for (const one of seen) {
    if (one.kind === "gap") note(one.got, `${viewer} was shown event ${one.got} when ${one.expected} was next`);
    if (one.kind === "down" && one.code === -1) note(null, `${viewer}: ${one.reason}`);
    if (one.kind === "state") {
      const { last_seq, epoch } = one.state;
      if (lastSeq !== null && last_seq < lastSeq)
        note(last_seq, `${viewer} had seen ${lastSeq}, then a state after ${last_seq}`);
      const at = bySeq.get(last_seq);
      if (last_seq > 0 && at === undefined)
        note(last_seq, `${viewer} was shown a state after ${last_seq}, which is not published`);
      if (at !== undefined && at.epoch > epoch) {
        note(
          last_seq,
          `${viewer} was shown a state after ${last_seq} in epoch ${epoch}; that event is of epoch ${at.epoch}`,
        );
      }
      judgeState(viewer, one.state, states.get(last_seq), note);
      lastSeq = last_seq;
    }
    if (one.kind === "event") {
      const { seq, event_id, epoch, tick, event, data } = one.event;
      const published = bySeq.get(seq);
      if (lastSeq !== null && seq !== lastSeq + 1) note(seq, `${viewer} was shown ${seq} after ${lastSeq}`);
      if (published === undefined)
        note(seq, `${viewer} was shown ${event} ${seq} of epoch ${epoch}; it is not published`);
      else if (
        !same(published, { eventId: event_id, seq, epoch, tick, event, data: data as Record<string, unknown> })
      ) {
        note(seq, `${viewer} was shown ${JSON.stringify(one.event)}; published is ${JSON.stringify(published)}`);
      }
      lastSeq = seq;
    }
  }
}

/** A full state says what the events up to its number make. */
export function judgeState(
  viewer: string,
  state: Extract<Seen, { kind: "state" }>["state"],
  figures: ReadonlyMap<string, Figure> | undefined,
  note: Note,
): void {
  if (figures === undefined) return;
  for (const seat of state.session.participants) {
    const figure = figures.get(seat.player_id);
    if (figure === undefined || !figure.sits || seat.connection_status === "left") continue;
    const shown = [seat.kills, seat.deaths, hundredths(seat.damage_dealt)];
    const told = [figure.kills, figure.deaths, figure.damage];
    if (String(shown) !== String(told)) {
      const what = `kills, deaths, damage ${shown} of ${seat.player_id}; the events make ${told}`;
      note(state.last_seq, `${viewer} was shown a state after ${state.last_seq} with ${what}`);
    }
  }
  for (const { player_id, health, alive } of state.players) {
    const figure = figures.get(player_id);
    if (figure?.sits && (hundredths(health) !== figure.health || alive !== figure.isAlive)) {
      const what = `health ${health} (alive: ${alive}) of ${player_id}; the events make ${figure.health / 100}`;
      note(state.last_seq, `${viewer} was shown a state after ${state.last_seq} with ${what}`);
    }
  }
}
