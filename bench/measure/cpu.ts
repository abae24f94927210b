/** CPU: what this process used, user and system together, all threads; over a stretch of time. */

export type CpuUse = { readonly cores: number; readonly seconds: number };

/** Begins; the function given back says what was used since. */
export function startCpu(): () => CpuUse {
  const before = process.cpuUsage();
  const fromMs = performance.now();
  return () => {
    const { user, system } = process.cpuUsage(before);
    const seconds = (performance.now() - fromMs) / 1000;
    return { cores: (user + system) / 1e6 / seconds, seconds };
  };
}
