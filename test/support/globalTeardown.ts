import type { Shared } from './globalSetup.ts';

export default async function globalTeardown(): Promise<void> {
  await (globalThis as { financeDbTest?: Shared }).financeDbTest?.end();
}
