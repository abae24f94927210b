/**
 * Routed calls: one unary call, at the combat instance that has the session.
 * In:  as unary-client.ts.   Out: the answer; or the problem, without addresses of instances.
 * Law: a call is made again only where combat said that it did nothing of it: it does not have the session (`served_at`
 *      says who does), or has no room for a new one. At most CALL_HOPS_MAX times, all within one deadline.
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
        const next = asked.size > CALL_HOPS_MAX ? null : nextAfter(answer.problem, sessionId, instances);
        if (next === null || asked.has(next)) return no(withoutAddress(answer.problem));
        instance = next;
      }
    },
    async isServing() {
      const answers = await Promise.all(instances.seeds.map(({ calls }) => calls.isServing()));
      return answers.includes(true);
    },
  };
}

function nextAfter(why: Problem, sessionId: string | null, instances: Instances): Instance | null {
  const address = servedAt(why);
  if (address !== null && sessionId !== null) return instances.moved(sessionId, address);
  return why.details["reason"] === "no_room" ? instances.instanceFor(null) : null;
}

/** Every request about one session names it by this field. */
function sessionOf(message: Message | object): string | null {
  const { sessionId } = message as { sessionId?: unknown };
  return typeof sessionId === "string" && sessionId !== "" ? sessionId : null;
}
