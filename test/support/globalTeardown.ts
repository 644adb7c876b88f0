import fs from 'node:fs';

export default async function globalTeardown(): Promise<void> {
  const shared = (globalThis as { financeDbTest?: { server: { release(): Promise<void> }; home: string } })
    .financeDbTest;
  if (shared === undefined) return;
  await shared.server.release();
  fs.rmSync(shared.home, { recursive: true, force: true });
}
