/** A process of its own that opens the event file of its argument, says "held", and stays until it is ended. */
import { openFileEventSink } from "#combat/stores/event-sink-file.ts";

const path = process.argv[2] ?? "";
try {
  await openFileEventSink({ path });
  console.log("held");
  setInterval(() => {}, 60_000); // Stays alive; the lock is the process's.
} catch (error) {
  console.log((error as Error).name);
}
