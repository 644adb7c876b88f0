import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** A folder that exists as long as its test; `remove` in afterEach or afterAll. */
export function temporaryFolder(): { path: string; remove: () => void } {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'finance-db-test-'));
  // So that the embedded server's account can reach it when the tests run as root.
  fs.chmodSync(folder, 0o755);
  return { path: folder, remove: () => fs.rmSync(folder, { recursive: true, force: true }) };
}
