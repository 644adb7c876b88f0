import { spawnSync } from 'node:child_process';
import { processTag } from '../../src/files/processTag.ts';

/** What `processTag` gave in a process of this machine that has ended. */
export function deadTag(): string {
  const { pid } = spawnSync(process.execPath, ['-e', '0']);
  return processTag().replace(/-\d+-/, `-${pid}-`);
}
