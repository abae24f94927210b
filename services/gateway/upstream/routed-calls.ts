/**
 * Routed calls: one unary call, at the combat instance that has the session.
 * In:  as unary-client.ts.   Out: the answer; or the problem, without addresses of instances.
 * Law: a call is made again only where combat said that it did nothing of it: it does not have the session (`served_at`
 *      says who does; it is followed CALL_HOPS_MAX times), or has no room for a new one (then each seed that can be reached is
 *      asked). Never twice at one instance, and all within one deadline.
 */
import type { Message } from "@bufbuild/protobuf";
import { no, type Problem } from "#wire/problem.ts";
import { servedAt, withoutAddress } from "../connection/elsewhere.ts";
import { CALL_HOPS_MAX } from "../limits.ts";
import type { Instance, Instances } from "./instances.ts";
import type { UnaryClient } from "./unary-client.ts";

export type RoutedCalls = Pick<UnaryClient, "call" | "isServing">;

export type RoutedCallsParts = { readonly instances: Instances; readonly deadlineMs: number };

export function createRoutedCalls({ instances, deadlineMs }: RoutedCallsParts): RoutedCalls {
  return {
    async call(method, message, { authorization, timeoutMs = deadlineMs }) {
      const dueMs = performance.now() + timeoutMs;
      const sessionId = sessionOf(message);
      const asked = new Set<Instance>();
      for (let instance = instances.instanceFor(sessionId); ; ) {
        asked.add(instance);
        const options = { authorization, timeoutMs: Math.max(1, dueMs - performance.now()) };
        const answer = await instance.calls.call(method, message, options);
        if (answer.ok) return answer;
        const next = nextAfter(answer.problem, { sessionId, asked, instances });
        if (next === null) return no(withoutAddress(answer.problem));
        instance = next;
      }
    },
    async isServing() {
      const answers = await Promise.all(instances.seeds.map(({ calls }) => calls.isServing()));
      return answers.includes(true);
    },
  };
}

type Hop = {
  readonly sessionId: string | null;
  readonly asked: ReadonlySet<Instance>;
  readonly instances: Instances;
};

function nextAfter(why: Problem, { sessionId, asked, instances }: Hop): Instance | null {
  if (why.details["reason"] === "no_room") return instances.instanceBeside(asked);
  const address = servedAt(why);
  if (address === null || sessionId === null || asked.size > CALL_HOPS_MAX) return null;
  const home = instances.moved(sessionId, address);
  return home === null || asked.has(home) ? null : home;
}

/** Every request about one session names it by this field. */
function sessionOf(message: Message | object): string | null {
  const { sessionId } = message as { sessionId?: unknown };
  return typeof sessionId === "string" && sessionId !== "" ? sessionId : null;
}
