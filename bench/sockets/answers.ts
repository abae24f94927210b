/** Answers: what a child process says next; rejects when it ends instead. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

export async function nextMessage<Message>(child: ChildProcess): Promise<Message> {
  const watched = new AbortController();
  const { signal } = watched;
  const ended = once(child, "exit", { signal }).then(([code, by]) => {
    throw new Error(`the process ended with ${code ?? by} instead of answering`);
  });
  try {
    return (await Promise.race([once(child, "message", { signal }).then(([message]) => message), ended])) as Message;
  } finally {
    ended.catch(() => {}); // Given up below, where an answer came.
    watched.abort();
  }
}
