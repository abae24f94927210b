/**
 * Inlet: the one door through which anything enters the world of a session; what goes through is recorded on the way.
 * In:  moves, orders, the inputs of a tick.   Out: what the simulation answers.
 * Law: nothing else writes the world of a living session, so here it is marked who may be otherwise than when the marks were
 *      taken last. A recorder that cannot take an input stops; the match goes on.
 */
import type { SimEvent } from "../sim/events.ts";
import type { Move, MoveVerdict, Order, StepInput, StepResult } from "../sim/inputs.ts";
import { applyMove } from "../sim/movement.ts";
import { hasObjectives } from "../sim/objectives.ts";
import type { Recorder } from "../sim/recorder.ts";
import { decide, step } from "../sim/step.ts";
import type { World } from "../sim/world.ts";
import { Stirred } from "../snapshot/stirred.ts";

export class Inlet {
  /** In any field, not only in what is shown. */
  readonly changed = new Stirred();
  private recorder: Recorder | null = null;
  /** The last step left everybody as they were, and nothing came in since: so will the next. */
  private still = false;
  private readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  /** From here on all is recorded. The recorder has the world as it stands. */
  record(recorder: Recorder): void {
    this.recorder = recorder;
  }

  get isStill(): boolean {
    return this.still;
  }

  move(move: Move): MoveVerdict {
    this.still = false;
    this.changed.stir(move.slot);
    this.note((recorder) => recorder.handleMove(move));
    return applyMove(this.world, move);
  }

  decide(order: Order): SimEvent[] {
    this.still = false;
    this.changed.stirAll();
    this.note((recorder) => recorder.handleOrder(order));
    return decide(this.world, order);
  }

  step(inputs: readonly StepInput[]): StepResult {
    if (this.recorder !== null) this.note((recorder) => recorder.handleStep(inputs));
    const result = step(this.world, inputs, this.still);
    if (this.recorder !== null) this.note((recorder) => recorder.handleStepped(result));
    this.still = result.still;
    if (!result.still || hasObjectives(this.world)) this.changed.stirAll(); // Time at an objective counts without a word.
    return result;
  }

  private note(take: (recorder: Recorder) => void): void {
    const { recorder } = this;
    if (recorder === null) return;
    try {
      take(recorder);
    } catch (error) {
      recorder.fail(error);
    }
    if (recorder.ended !== null) this.recorder = null;
  }
}
