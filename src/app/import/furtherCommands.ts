import path from 'node:path';
import { shellWord } from '../../model/crontab.ts';
import type { ImportRequest } from './request.ts';

/** What of a request a further command needs too, to mean the same file and the same places. */
export type Given = Pick<ImportRequest, 'account' | 'encoding' | 'dateOrder' | 'settings'>;

/** What the name of a profile may be: that of its file. */
export const PROFILE_NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,80}$/u;

/** Keeps the layout of a file, for a shell: with a name for the profile where that of the file would be none. */
export function learnCommand(file: string, { account, encoding, dateOrder, settings }: Given): string {
  const { name } = path.parse(file);
  const plain = name
    .replace(/[^\p{L}\p{N}._]+/gu, '-')
    .replace(/^[^\p{L}\p{N}]+|-+$/gu, '')
    .slice(0, 80);
  return command([
    '--learn',
    fileWord(file),
    ...(PROFILE_NAME.test(name) ? [] : ['--profile', plain === '' ? 'bank' : plain]),
    ...(account === null ? [] : ['--account', account]),
    ...(encoding === null ? [] : ['--encoding', encoding]),
    ...(dateOrder === null ? [] : ['--date-order', dateOrder]),
    ...settings,
  ]);
}

/** Imports files, for a shell. @param profile null where they find their own */
export function importCommand(
  files: readonly string[],
  profile: string | null,
  { settings }: Pick<Given, 'settings'>,
): string {
  return command([...files.map(fileWord), ...(profile === null ? [] : ['--profile', profile]), ...settings]);
}

function command(words: readonly string[]): string {
  return `finance-db import ${words.map(shellWord).join(' ')}`;
}

/** A name that looks like a flag is a file's all the same. */
function fileWord(file: string): string {
  return file.startsWith('-') && file !== '-' ? `./${file}` : file;
}
