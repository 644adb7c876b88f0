import type { Measured } from '../support/rounds.ts';
import { cpuOf, request, type Server } from '../support/served.ts';

export type Visited = Pick<Server, 'port' | 'pid'>;

/** An answer, from the question to its last byte, and the CPU of the server meanwhile. */
export async function timedAnswer(
  { port, pid }: Visited,
  address: string,
  headers: Record<string, string> = {},
  expected = 200,
): Promise<Measured | string> {
  const before = cpuOf(pid);
  const started = performance.now();
  const { status } = await request(port, address, headers).catch((error: Error) => ({ status: error.message }));
  const seconds = (performance.now() - started) / 1000;
  const after = cpuOf(pid);
  if (status !== expected) return `answered ${status}`;
  return before === null || after === null ? { seconds } : { seconds, cpu: after - before };
}

/** Work of this process. */
export async function timedWork(work: () => Promise<unknown>): Promise<Measured> {
  const before = process.cpuUsage();
  const started = performance.now();
  await work();
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(before);
  return { seconds, cpu: (user + system) / 1e6 };
}
