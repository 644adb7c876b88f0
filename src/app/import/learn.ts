import path from 'node:path';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { type CsvGuess, profileOf } from '../../ingest/csv/guess.ts';
import { type CsvProfile, isHeaderOf } from '../../ingest/csv/profile.ts';
import { requireEncoding } from '../../ingest/encoding.ts';
import type { StatementEntry } from '../../ingest/statement.ts';
import { doubtfulLayout } from './doubtful.ts';
import { importCommand } from './furtherCommands.ts';
import { inputFiles } from './inputs.ts';
import { guessCsv } from './openStatements.ts';
import { readProfiles, saveProfile } from './profiles.ts';
import type { ImportRequest } from './request.ts';

export interface Learnt {
  readonly name: string;
  readonly path: string;
  /** False where the very same was kept before. */
  readonly made: boolean;
  /** The file that it was learnt from; for a folder or an archive the one in it. */
  readonly file: string;
  /** The command that imports the file by this profile. */
  readonly next: string;
  /** Why a file finds it only when it is named, in words; null when its header is enough. */
  readonly namedOnly: string | null;
  /** What proves the layout, in words; null where nothing does. */
  readonly proof: string | null;
  readonly doubts: readonly string[];
  readonly preview: readonly StatementEntry[];
}

/**
 * Keeps the guessed layout of one CSV file as a profile, called by `--profile` or by the file.
 * @throws FinanceDbError IMPORT_DOUBTFUL when there is nothing to keep; USAGE when a profile of that name says something else, or
 *   there are several files
 */
export async function learnProfile(request: ImportRequest, file: string): Promise<Learnt> {
  const { home } = request.config;
  const { input, guess } = await guessOne(request, file);
  const name = request.profile ?? path.parse(input).name;
  const guessed = profileOf(guess, name);
  if (guessed === null) throw doubtfulLayout(input, guess, request);
  const profile: CsvProfile = {
    ...guessed,
    account: request.account ?? guessed.account,
    encoding: request.encoding === null ? guessed.encoding : requireEncoding(request.encoding),
  };
  const namedOnly = await whyNamedOnly(home, profile);
  const saved = await saveProfile(home, profile, importCommand([input], name, request));
  return {
    ...saved,
    name,
    file: input,
    next: importCommand([input], namedOnly === null ? null : name, request),
    namedOnly,
    proof: guess.proof,
    doubts: guess.doubts,
    preview: guess.preview,
  };
}

async function guessOne(request: ImportRequest, file: string): Promise<{ input: string; guess: CsvGuess }> {
  let found: { input: string; guess: CsvGuess } | null = null;
  for await (const input of inputFiles([file], request)) {
    if (found !== null && !('folders' in input))
      throw new FinanceDbError('USAGE', `--learn takes one CSV file, and ${file} holds several`, {
        remedy: `name one of them, such as ${found.input}`,
      });
    if ('error' in input) throw input.error;
    if ('folders' in input) continue;
    found = { input: input.name, guess: await guessCsv(input, { ...request, profile: null }) };
  }
  if (found !== null) return found;
  throw new FinanceDbError('FILE_UNREADABLE', `${file} holds no file`, { remedy: 'name a CSV file' });
}

async function whyNamedOnly(home: string, { name, match }: CsvProfile): Promise<string | null> {
  if (match === null) return 'the file has no header, by which the next one could be known';
  for (const other of await readProfiles(home))
    if (
      other.name !== name &&
      other.match !== null &&
      other.match.header.length >= match.header.length &&
      isHeaderOf(other.match, match.header)
    )
      return `the profile ${other.name} has the same header`;
  return null;
}
