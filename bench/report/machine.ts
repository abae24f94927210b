/** Machine: what the figures were measured on. */
import { availableParallelism, cpus, release, totalmem, type } from "node:os";

export type ServerVersions = { readonly postgres: string; readonly redis: string; readonly kafka: string };

export type Machine = {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  /** Null where none were needed. */
  readonly servers: ServerVersions | null;
};

export function machineOf(servers: ServerVersions | null): Machine {
  return {
    cpu: cpus()[0]?.model ?? "unknown CPU",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.version,
    servers,
  };
}

export function machineWords({ cpu, cores, memoryGiB, system, node, servers }: Machine): string {
  const words = `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}; Node ${node}`;
  if (servers === null) return words;
  const { postgres, redis, kafka } = servers;
  return `${words}, PostgreSQL ${postgres}, Redis ${redis}, Kafka ${kafka}, all on it`;
}
