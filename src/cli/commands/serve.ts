import path from 'node:path';
import { FinanceDbError, isFinanceDbError } from '../../errors/financeDbError.ts';
import { packageFolder } from '../../files/packageFolder.ts';
import { parseSpan } from '../../model/span.ts';
import { isLoopback } from '../../web/server/hosts.ts';
import type { ServeOptions } from '../../web/server/serveOptions.ts';
import { startServer } from '../../web/server/server.ts';
import { newToken } from '../../web/server/token.ts';
import type { CommandContext } from '../context.ts';
import { openBrowser } from '../openBrowser.ts';
import { type StreamFlags, streamWords } from './followFlags.ts';

/** The flags of `serve`, as commander gives them; --port and --token are settings. */
export interface ServeFlags extends StreamFlags {
  readonly host?: string;
  readonly open?: boolean;
  readonly maxAge?: string;
  readonly sync: boolean;
  readonly follow?: boolean;
  readonly basePath?: string;
  readonly allowHost?: readonly string[];
  readonly trustProxy?: boolean;
  readonly sql: boolean;
  readonly databaseUrl?: string;
}

const MAX_AGE = '5m';

/** `finance-db serve`: runs until it is told to stop. */
export async function serveCommand(context: CommandContext, flags: ServeFlags): Promise<number> {
  const { io, output, env } = context;
  const options = serveOptions(context, flags);
  const server = await startServer(options);
  const { signal } = io;
  try {
    const address = addressOf(options, server.port);
    if (output.json) io.stdout.write(`${JSON.stringify({ status: 'ok', url: address, port: server.port })}\n`);
    else if (!output.quiet) io.stdout.write(`The dashboard is at ${address} (Ctrl-C ends it)\n`);
    if (flags.open === true)
      openBrowser(address, env, () => io.stderr.write(`no browser could be opened; the address is ${address}\n`));
    if (!signal.aborted)
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  } finally {
    await server.close();
  }
  // Its reason says which signal it was, and so the exit code; it was meant to run until now, and that is no error.
  if (!isFinanceDbError(signal.reason)) throw signal.reason;
  if (!output.quiet) io.stderr.write('stopped\n');
  return signal.reason.exitCode;
}

function serveOptions({ io, config, env }: CommandContext, flags: ServeFlags): ServeOptions {
  const host = flags.host === undefined || flags.host === 'localhost' ? null : flags.host;
  return {
    config,
    now: io.now,
    port: config.port,
    host,
    token: config.token ?? (host === null || isLoopback(host) ? null : newToken()),
    base: basePath(flags.basePath ?? ''),
    allowedHosts: (flags.allowHost ?? []).map(allowedHost),
    trustProxy: flags.trustProxy === true,
    sql: flags.sql,
    sync: {
      automatic: flags.sync,
      follow: streamWords(flags),
      maxAgeMs: parseSpan(flags.maxAge ?? MAX_AGE, '--max-age') * 1000,
      program: [process.execPath, '--', path.join(packageFolder(), 'bin', 'finance-db.js')],
      flags: ownFlags(config),
      cwd: io.cwd,
      // Not as a flag: anybody on the machine can read those of any process.
      env: flags.databaseUrl === undefined ? env : { ...env, DATABASE_URL: flags.databaseUrl },
    },
    log: (line) => io.stderr.write(`${io.now().toISOString()} ${line}\n`),
  };
}

/** The flags of this run that its syncs need too: what came from the environment or `.env` they find there. */
function ownFlags(config: CommandContext['config']): string[] {
  return [
    ...(config.envFile === null ? [] : ['--env-file', config.envFile]),
    '--home',
    config.home,
    '--duckdb',
    config.duckdbPath,
  ];
}

/** '' or `/a/b`: no slash at the end, and nothing that would have to be escaped. */
function basePath(text: string): string {
  const path = text.replace(/\/+$/, '');
  if (path === '' || /^(\/[A-Za-z0-9._~-]+)+$/.test(path)) return path;
  throw new FinanceDbError('USAGE', `--base-path: expected a path like /money, found ${JSON.stringify(text)}`);
}

function allowedHost(text: string): string {
  if (/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(text)) return text.toLowerCase();
  throw new FinanceDbError(
    'USAGE',
    `--allow-host: expected a name like money.example.com, found ${JSON.stringify(text)}`,
  );
}

/** Where to begin, with the token that opens it. */
function addressOf({ host, base, token }: ServeOptions, port: number): string {
  const name = host === null ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}${base}/${token === null ? '' : `?token=${token}`}`;
}
