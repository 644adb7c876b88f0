import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '..', '..');

/** Another program that has a DuckDB file open for writing, with changes that are in its log only. */
export interface DuckDbWriter {
  readonly pid: number;
  /** Ends it without a chance to put its changes into the file. */
  kill(): Promise<void>;
}

/** Starts a program that runs `sql` in the file and then waits. */
export async function startWriter(file: string, sql: readonly string[]): Promise<DuckDbWriter> {
  const script = `
    import { DuckDBInstance } from '@duckdb/node-api';
    const instance = await DuckDBInstance.create(${JSON.stringify(file)});
    const connection = await instance.connect();
    for (const sql of ${JSON.stringify(sql)}) await connection.run(sql);
    console.log('ready');
    setInterval(() => connection, 1000);`;
  const child: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once('data', () => resolve());
    void ended.then(() => reject(new Error('the writer ended')));
  });
  return {
    pid: child.pid ?? 0,
    kill: () => {
      child.kill('SIGKILL');
      return ended;
    },
  };
}
