import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { FinanceDbError, messageOf } from '../../errors/financeDbError.ts';
import { processTag } from '../../files/processTag.ts';
import { removeDeadFolders } from '../../files/temporaryFolder.ts';
import type { InputFile } from './inputFile.ts';

const PREFIX = 'finance-db-import-';

/**
 * What a stream brings, as a private temporary file, since a file is read more than once. It is gone when the generator goes on or
 * is left; those of killed runs go too.
 *
 * The stream is opened here, and nothing is waited for between its opening and its first reader: one that fails before somebody
 * listens would end the process.
 * @throws FinanceDbError CONFIG when TMPDIR is no folder that may be written; whatever the stream fails with
 */
export async function* spooled(
  name: string,
  open: () => NodeJS.ReadableStream | Promise<NodeJS.ReadableStream>,
  signal: AbortSignal,
): AsyncGenerator<InputFile, void, undefined> {
  const parent = os.tmpdir();
  removeDeadFolders(parent, PREFIX);
  const folder = await fs.promises.mkdtemp(path.join(parent, `${PREFIX}${processTag()}-`)).catch((error) => {
    throw new FinanceDbError('CONFIG', `cannot make a temporary folder in ${parent}: ${messageOf(error)}`, {
      remedy: 'set TMPDIR to a folder that exists and that you may write',
      cause: error,
    });
  });
  try {
    const file = path.join(folder, 'statement');
    const stream = await open();
    const failure = new AbortController();
    stream.on('error', (error) => failure.abort(error));
    await pipeline(Readable.from(stream as AsyncIterable<Buffer>), fs.createWriteStream(file, { mode: 0o600 }), {
      signal: AbortSignal.any([signal, failure.signal]),
    }).catch((error) => {
      throw failure.signal.aborted ? failure.signal.reason : error;
    });
    yield { name, path: file, bytes: (await fs.promises.stat(file)).size };
  } finally {
    await fs.promises.rm(folder, { recursive: true, force: true });
  }
}
