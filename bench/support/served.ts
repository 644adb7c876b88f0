import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { PACKAGE, TOOL } from './child.ts';

/** An answer of the server, whole. */
export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** @throws Error for what is no good answer */
export function request(port: number, address: string, headers: Record<string, string>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    http
      .get({ host: '127.0.0.1', port, path: address, headers }, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('end', () => {
          const { statusCode = 0, headers: given } = incoming;
          if (statusCode >= 400) reject(new Error(`${address} answered ${statusCode}`));
          else resolve({ status: statusCode, headers: given, body: Buffer.concat(chunks).toString() });
        });
      })
      .on('error', reject);
  });
}

/** The built tool, serving. */
export interface Server {
  readonly port: number;
  readonly pid: number;
  stop(): void;
}

/**
 * Serves a file at any free port, and never syncs.
 * @param url of the PostgreSQL that the status page asks
 */
export function startServer(folder: string, file: string, url: string): Promise<Server> {
  const args = [
    TOOL,
    'serve',
    '--port',
    '0',
    '--json',
    '--no-sync',
    '--duckdb',
    file,
    '--home',
    path.join(folder, 'home'),
  ];
  const child = spawn(process.execPath, args, {
    cwd: PACKAGE,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, DATABASE_URL: url },
  });
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`serve ended with ${code}`)));
    child.stdout.on('data', (text: Buffer) => {
      const port = /"port":(\d+)/.exec(text.toString())?.[1];
      if (port !== undefined)
        resolve({ port: Number(port), pid: child.pid ?? 0, stop: () => void child.kill('SIGTERM') });
    });
  });
}

/** Peak resident memory in bytes, where the system tells it. */
export function peakOf(pid: number): number | null {
  try {
    const kilobytes = /VmHWM:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}

/** Seconds of CPU that all threads of a process have used, exact to the nanosecond; null where the system does not tell. */
export function cpuOf(pid: number): number | null {
  try {
    const tasks = fs.readdirSync(`/proc/${pid}/task`);
    return tasks.reduce((sum, task) => sum + Number(/^\d+/.exec(schedule(pid, task))?.[0] ?? 0), 0) / 1e9;
  } catch {
    return null;
  }
}

/** Of one thread; one that has just ended has none. */
function schedule(pid: number, task: string): string {
  try {
    return fs.readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8');
  } catch {
    return '';
  }
}
