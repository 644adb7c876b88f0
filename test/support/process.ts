import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PostgresAddress } from '../../src/config/postgresTarget.ts';
import { freePort } from '../../src/postgres/embedded/socketPlace.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }>;
}

/** Starts the built tool as a process of its own. */
export function startTool(argv: readonly string[], env: Record<string, string>): Started {
  if (!fs.existsSync(path.join(ROOT, 'dist/main.cjs')))
    spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: ROOT });
  const child = spawn(process.execPath, ['--', path.join(ROOT, 'bin/finance-db.js'), ...argv], {
    env: { PATH: process.env.PATH ?? '', NO_COLOR: '1', ...env },
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const ended = new Promise<Awaited<Started['ended']>>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, ...output }));
  });
  return { child, ended };
}

/** A digest of a file's content; null when there is none. */
export function digestOf(file: string): string | null {
  if (!fs.existsSync(file)) return null;
  return createHash('sha256').update(fs.readFileSync(file)).digest('hex');
}

/** What stands between a client and PostgreSQL: lets bytes of the server through, up to a limit. */
export interface HeldBackProxy {
  readonly address: PostgresAddress;
  /** From now on lets through so many bytes of the server on all connections together, then holds or cuts. */
  limit(bytes: number, then: 'hold' | 'cut'): void;
  /** Resolves when the limit was reached. */
  reached(): Promise<void>;
  /** Lets everything through again. */
  resume(): void;
  /** Cuts all connections, what was held back is lost, and lets new ones through. */
  cut(): void;
  close(): Promise<void>;
}

/** @param port of its own unless given: one that can be opened again when it was closed */
export async function startProxy(server: PostgresAddress, port?: number): Promise<HeldBackProxy> {
  const pairs = new Set<{ client: net.Socket; upstream: net.Socket }>();
  let left = Number.POSITIVE_INFINITY;
  let then: 'hold' | 'cut' = 'hold';
  let onReached: () => void = () => undefined;
  let reached = Promise.resolve();
  const listener = net.createServer((client) => {
    const upstream = net.connect(server.port, server.host);
    const pair = { client, upstream };
    pairs.add(pair);
    client.on('data', (data) => upstream.write(data));
    upstream.on('data', (data: Buffer) => {
      const passed = data.subarray(0, Math.min(data.length, left));
      left -= passed.length;
      if (passed.length > 0) client.write(passed);
      if (passed.length === data.length) return;
      if (then === 'cut') for (const { client: socket } of pairs) socket.destroy();
      else {
        upstream.pause();
        upstream.unshift(data.subarray(passed.length));
      }
      onReached();
    });
    client.on('close', () => {
      upstream.destroy();
      pairs.delete(pair);
    });
    upstream.on('close', () => client.end());
    for (const socket of [client, upstream]) socket.on('error', () => undefined);
  });
  const place = port ?? (await freePort());
  await new Promise<void>((resolve, reject) => listener.on('error', reject).listen(place, '127.0.0.1', resolve));
  return {
    address: { ...server, host: '127.0.0.1', port: place },
    limit: (bytes, what) => {
      left = bytes;
      then = what;
      reached = new Promise((resolve) => {
        onReached = resolve;
      });
    },
    reached: () => reached,
    resume: () => {
      left = Number.POSITIVE_INFINITY;
      for (const { upstream } of pairs) upstream.resume();
    },
    cut: () => {
      left = Number.POSITIVE_INFINITY;
      for (const { client } of pairs) client.destroy();
    },
    close: async () => {
      for (const { client } of pairs) client.destroy();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}
