import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Exact versions (of ingestr the last that is Python), so that a run can be repeated. Each set has an environment of its own: their needs do not fit together. */
const PACKAGES = {
  common: [
    'duckdb==1.4.4',
    'duckdb-ext-postgres==1.4.4.20260205',
    'dlt[duckdb,postgres,sql-database]==1.31.0',
    'psycopg2-binary==2.9.13',
    'pyarrow==26.0.1',
    'reladiff==0.6.0',
    'sling-linux-amd64==1.4.11',
    // The program that Sling would fetch for itself.
    'duckdb-cli==1.5.6',
  ],
  ingestr: ['ingestr==0.13.94'],
  fava: ['fava==1.30.16', 'beancount==3.2.3'],
} as const;

/** pip tries versions of what ingestr needs for more than a quarter of an hour; this has its 200 packages in half a minute. */
const INSTALLER = 'uv==0.13.8';
const INSTALL_MS = 900_000;

/**
 * The Python of an environment with the peers' packages, made when it is not there: in the system's temporary folder, where
 * it stays for the next run.
 * @returns why there is none, when there is none
 */
export function peerPython(set: keyof typeof PACKAGES): { python: string } | { objection: string } {
  const folder = path.join(os.tmpdir(), `finance-db-bench-peers-${set}`);
  const python = path.join(folder, 'bin', 'python');
  const complete = path.join(folder, 'complete');
  if (fs.existsSync(complete)) return { python };
  fs.rmSync(folder, { recursive: true, force: true });
  const steps = [
    ['python3', '-m', 'venv', folder],
    [python, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', INSTALLER],
    [python, '-m', 'uv', 'pip', 'install', '--quiet', '--no-cache', '--python', python, ...PACKAGES[set]],
  ];
  for (const [program = '', ...args] of steps) {
    const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8', timeout: INSTALL_MS });
    if (error !== undefined && 'code' in error && error.code === 'ETIMEDOUT')
      return { objection: `not available: not installed within ${INSTALL_MS / 1000} s` };
    if (status !== 0) return { objection: `not available: ${lastLine(stderr || error?.message || '')}` };
  }
  fs.writeFileSync(complete, '');
  return { python };
}

export function lastLine(text: string): string {
  const plain = text.replace(/\u001b\[[0-9;]*m/g, '').trim();
  return plain.split('\n').at(-1)?.trim().slice(0, 160) ?? '';
}
