/**
 * Host and port: addresses of other processes, as settings name them.
 * In:  what somebody wrote.   Out: whether it can be reached at all: a name, an IPv4 address or an IPv6 one in brackets, and a port.
 */
const PORT_MAX = 65_535;

export const HOST_PORT_ALLOWED = "host:port, the port from 1 to 65535";

export function isHostAndPort(address: string): boolean {
  if (!/^([\w.-]+|\[[\da-f:.]+\]):\d{1,5}$/i.test(address)) return false;
  const port = Number(address.slice(address.lastIndexOf(":") + 1));
  return port >= 1 && port <= PORT_MAX;
}

/** As gRPC takes it: also with its scheme for a name that stands for several. */
export const GRPC_TARGET_ALLOWED = `${HOST_PORT_ALLOWED}, with dns:/// before it or not`;

export function isGrpcTarget(target: string): boolean {
  return isHostAndPort(target.replace(/^dns:\/\/\//i, ""));
}
