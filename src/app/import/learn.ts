import path from 'node:path';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { profileOf } from '../../ingest/csv/guess.ts';
import { requireEncoding } from '../../ingest/encoding.ts';
import type { StatementEntry } from '../../ingest/statement.ts';
import { doubtfulLayout } from './doubtful.ts';
import { inputFiles } from './inputs.ts';
import { guessCsv } from './openStatements.ts';
import { saveProfile } from './profiles.ts';
import type { ImportRequest } from './request.ts';

export interface Learnt {
  readonly name: string;
  readonly path: string;
  /** What proves the layout, in words; null where nothing does. */
  readonly proof: string | null;
  readonly doubts: readonly string[];
  readonly preview: readonly StatementEntry[];
}

/**
 * Keeps the guessed layout of one CSV file as a profile, called by `--profile` or by the file.
 * @throws FinanceDbError IMPORT_DOUBTFUL when there is nothing to keep; USAGE when the profile exists
 */
export async function learnProfile(request: ImportRequest, file: string): Promise<Learnt> {
  for await (const input of inputFiles([file], request)) {
    if ('error' in input) throw input.error;
    const guess = await guessCsv(input, { ...request, profile: null });
    const name = request.profile ?? path.parse(input.name).name;
    const profile = profileOf(guess, name);
    if (profile === null) throw doubtfulLayout(input.name, guess);
    const kept = request.account === null ? profile : { ...profile, account: request.account };
    const encoding = request.encoding === null ? kept : { ...kept, encoding: requireEncoding(request.encoding) };
    return {
      name,
      path: await saveProfile(request.config.home, encoding),
      proof: guess.proof,
      doubts: guess.doubts,
      preview: guess.preview,
    };
  }
  throw new FinanceDbError('FILE_UNREADABLE', `${file} holds no file`, { remedy: 'name a CSV file' });
}
