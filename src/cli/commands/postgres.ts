import { FinanceDbError } from '../../errors/financeDbError.ts';
import { shellWord } from '../../model/crontab.ts';
import { type PgServer, withPostgres } from '../../postgres/server.ts';
import { writeJsonDocument } from '../../render/json.ts';
import { writeText } from '../../render/sink.ts';
import type { CommandContext } from '../context.ts';
import { startForeground } from '../prompt/foreground.ts';

/**
 * `finance-db postgres [program …]`: the embedded server for other programs, which they find by the variables that libpq reads. It
 * runs as long as the program does, or without one until Ctrl-C.
 * @returns the exit code of the program
 */
export async function postgresCommand(context: CommandContext, words: readonly string[]): Promise<number> {
  const { io, config } = context;
  if (config.postgres.kind === 'external')
    throw new FinanceDbError('USAGE', 'postgres is for the embedded server, and a server of your own is configured', {
      remedy:
        'connect to that one as ever: psql reads PGHOST and its kin, and takes a connection string such as DATABASE_URL',
    });
  return withPostgres({ target: config.postgres, now: io.now(), signal: io.signal }, (server) =>
    words.length > 0 ? runProgram(context, server, words) : keepOpen(context, server),
  );
}

async function runProgram({ io, env }: CommandContext, server: PgServer, words: readonly string[]): Promise<number> {
  // Ctrl-C is the program's: psql ends a query by it, and lives on.
  const interrupts = process.listeners('SIGINT');
  process.removeAllListeners('SIGINT');
  process.on('SIGINT', ignore);
  try {
    const program = startForeground(io, { ...env, ...variables(server) }, 'exec "$@"', { args: words, piped: false });
    const code = await program.ended;
    if (code === 127)
      throw new FinanceDbError('USAGE', `${words[0]} could not be started`, {
        remedy: 'psql comes with the client programs of PostgreSQL, which finance-db does not bring along',
      });
    return code ?? 1;
  } finally {
    process.off('SIGINT', ignore);
    for (const listener of interrupts) process.on('SIGINT', listener);
  }
}

function ignore(): void {
  // Meant for the program that has the terminal.
}

async function keepOpen({ io, output }: CommandContext, server: PgServer): Promise<number> {
  const found = variables(server);
  if (output.json) await writeJsonDocument(io, { status: 'ok', environment: found });
  else {
    const settings = Object.entries(found).map(([name, value]) => `${name}=${shellWord(value)}`);
    const text = `The embedded server is open until Ctrl-C. In another terminal:\n\n  ${settings.join(' ')} psql\n`;
    await writeText(io.stdout, text);
  }
  // Nothing else keeps the process alive while it waits.
  const alive = setInterval(() => undefined, LONG_MS);
  if (!io.signal.aborted) await new Promise((resolve) => io.signal.addEventListener('abort', resolve, { once: true }));
  clearInterval(alive);
  return 0;
}

const LONG_MS = 3_600_000;

/** As libpq reads them. A password there is only where no socket works, and then for this machine's loopback. */
function variables({ address }: PgServer): Record<string, string> {
  const { host, port, user, database, password } = address;
  return {
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user,
    PGDATABASE: database,
    ...(password === undefined ? {} : { PGPASSWORD: password }),
  };
}
