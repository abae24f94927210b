/** A client of a stand-in, as combat has one of each of the game's other services. */
import { ServiceClient } from "#combat/related/service-client.ts";
import { systemClock } from "#kit/clock.ts";
import { silentLog } from "#kit/log.ts";

export function openClient(target: string): ServiceClient {
  const token = () => Promise.resolve("combats-own");
  return new ServiceClient({ name: "test", target, token, clock: systemClock, log: silentLog });
}
