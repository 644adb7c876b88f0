import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { request } from '../support/served.ts';
import { lastLine, peerPython } from './environment.ts';

/** A server of another program, and how long it took until it answered. */
export interface PeerServer {
  readonly port: number;
  readonly pid: number;
  readonly seconds: number;
  stop(): void;
}

const PATIENCE_MS = 300_000;
const POLL_MS = 100;

/** Fava, from Python's packages. */
export async function startFava(folder: string, file: string): Promise<PeerServer | string> {
  const found = peerPython('fava');
  if ('objection' in found) return found.objection;
  return start(path.join(path.dirname(found.python), 'fava'), (port) => ['--port', port, file], folder);
}

/** hledger-web where it is installed, or out of Debian's package, which is unpacked into the system's temporary folder. */
export async function startHledger(folder: string, file: string): Promise<PeerServer | string> {
  const installed = spawnSync('hledger-web', ['--version']).status === 0;
  const unpacked = installed ? { program: 'hledger-web' } : unpackHledger();
  if ('objection' in unpacked) return unpacked.objection;
  const args = (port: string): string[] => ['-f', file, '--serve', '--host', '127.0.0.1', '--port', port];
  return start(unpacked.program, args, folder);
}

function unpackHledger(): { program: string } | { objection: string } {
  const folder = path.join(os.tmpdir(), 'finance-db-bench-peers-hledger');
  const program = path.join(folder, 'usr', 'bin', 'hledger-web');
  if (fs.existsSync(program)) return { program };
  fs.mkdirSync(folder, { recursive: true });
  const steps = [
    ['apt-get', 'download', 'hledger-web'],
    ['sh', '-c', 'dpkg-deb -x hledger-web_*.deb .'],
  ];
  for (const [command = '', ...args] of steps) {
    const { status, stderr, error } = spawnSync(command, args, { cwd: folder, encoding: 'utf8', timeout: PATIENCE_MS });
    if (status !== 0) return { objection: `not available: ${lastLine(stderr || error?.message || '')}` };
  }
  return { program };
}

async function start(
  program: string,
  args: (port: string) => readonly string[],
  folder: string,
): Promise<PeerServer | string> {
  const port = await freePort();
  const started = performance.now();
  const child = spawn(program, args(String(port)), {
    cwd: folder,
    stdio: 'ignore',
    env: { ...process.env, HOME: folder },
  });
  const failed = new Promise<string>((resolve) => child.once('error', ({ message }) => resolve(message)));
  const end = (): void => void child.kill('SIGKILL');
  const outcome = await Promise.race([failed, answers(port, child, started)]);
  if (outcome !== null) {
    end();
    return `not available: ${outcome}`;
  }
  return { port, pid: child.pid ?? 0, seconds: (performance.now() - started) / 1000, stop: end };
}

/** Null once it answers; else why it does not. */
async function answers(port: number, child: ChildProcess, started: number): Promise<string | null> {
  while (performance.now() - started < PATIENCE_MS) {
    if (child.exitCode !== null) return `ended with ${child.exitCode}`;
    const heard = await request(port, '/', {}).then(
      () => true,
      () => false,
    );
    if (heard) return null;
    await delay(POLL_MS);
  }
  return `no answer after ${PATIENCE_MS / 1000} s`;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
