/** A way to a server on which connections are cut before an answer arrives: what was asked may be done or not. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export type CuttingProxy = AsyncDisposable & {
  /** The server's URL, by this way. */
  readonly url: string;
};

/** `cuts` is asked at each answer whether to cut the connection instead of passing it on. */
export async function startCuttingProxy(url: string, cuts: () => boolean): Promise<CuttingProxy> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    const end = () => {
      for (const socket of [near, far]) {
        socket.destroy();
        sockets.delete(socket);
      }
    };
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", end); // The other side sees its end.
      socket.on("close", end);
    }
    near.on("data", (asked) => far.write(asked));
    far.on("data", (answer) => {
      if (cuts()) end();
      else near.write(answer);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const proxied = new URL(url);
  proxied.port = String((server.address() as AddressInfo).port);
  return {
    url: proxied.href,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
