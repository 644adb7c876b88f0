import path from 'node:path';
import { savedQuery } from '../app/query/savedQueries.ts';
import { FinanceDbError } from '../errors/financeDbError.ts';
import { throwIfStopped } from '../errors/stopped.ts';
import { decodeText, readTextFile } from '../files/textFile.ts';
import type { Io } from '../io.ts';
import type { CommandContext } from './context.ts';

/** Where SQL may come from; at most one of them. */
export interface QuerySource {
  readonly sql: string | undefined;
  readonly file: string | undefined;
  readonly saved: string | undefined;
}

/**
 * The SQL to run: the argument, a file (`-` is stdin), a saved query, or stdin when it is not a terminal.
 * @returns null when there is none and stdin is a terminal: time for the prompt.
 * @throws FinanceDbError USAGE for two sources, FILE_UNREADABLE, INTERRUPTED.
 */
export async function readSql(context: CommandContext, source: QuerySource): Promise<string | null> {
  const named = [source.sql, source.file, source.saved].filter((given) => given !== undefined);
  if (named.length > 1)
    throw new FinanceDbError('USAGE', 'the SQL comes from more than one place', {
      remedy: 'give one of: the SQL itself, -f FILE, --saved NAME',
    });
  if (source.saved !== undefined) return savedQuery(context.config.home, source.saved);
  if (source.file !== undefined && source.file !== '-')
    return readTextFile(path.resolve(context.io.cwd, source.file), source.file);
  if (source.sql !== undefined && source.sql !== '-') return source.sql;
  if (named.length === 0 && context.io.stdin.isTTY) return null;
  return decodeText(await readAll(context.io), 'stdin');
}

async function readAll(io: Io): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let stop = (): void => undefined;
  const stopped = new Promise<'stopped'>((resolve) => {
    stop = () => resolve('stopped');
    io.signal.addEventListener('abort', stop, { once: true });
  });
  const read = async (): Promise<'end'> => {
    for await (const chunk of io.stdin) chunks.push(Buffer.from(chunk as Uint8Array));
    return 'end';
  };
  try {
    throwIfStopped(io.signal);
    await Promise.race([read(), stopped]);
    throwIfStopped(io.signal);
    return Buffer.concat(chunks);
  } finally {
    io.signal.removeEventListener('abort', stop);
  }
}
