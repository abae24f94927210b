/**
 * Removal: gives up the seat of a player against whom too much speaks, and closes its sockets.
 * Law: the record says so first; while it cannot be saved the seat stays, every move of that player is refused, and the first
 *      finding after SAVE_RETRY_MS asks again. Who was removed does not come back to this session.
 */
import { SAVE_RETRY_MS } from "../limits.ts";
import { planLeave } from "./changes.ts";
import type { SessionHost } from "./host.ts";
import type { Hosted } from "./hosted.ts";

export async function removePlayer(host: SessionHost, hosted: Hosted, playerId: string): Promise<void> {
  if (hosted.removing.has(playerId)) return;
  hosted.removing.add(playerId);
  const done = () => hosted.removing.delete(playerId);
  try {
    const left = await host.change(hosted, () => planLeave(hosted.session, playerId, "removed"));
    if (left.ok) closeAllOf(host, hosted, playerId);
  } catch (error) {
    setTimeout(done, SAVE_RETRY_MS).unref(); // Every move of that player is a finding, and there are many a second.
    throw error;
  }
  done();
}

function closeAllOf(host: SessionHost, hosted: Hosted, playerId: string): void {
  for (const viewer of [...hosted.audience.viewers()]) {
    if (viewer.playerId === playerId) host.close(hosted, viewer, "removed");
  }
}
