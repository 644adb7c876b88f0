import type { TestServer } from './testServer.ts';

export default async function globalTeardown(): Promise<void> {
  await (globalThis as { financeDbTest?: TestServer }).financeDbTest?.end();
}
