import { codeOf, FinanceDbError, messageOf } from '../errors/financeDbError.ts';

/** What the system's codes mean to whoever named a file, and what to do. */
const REASONS: Readonly<Record<string, readonly [text: string, remedy: string]>> = {
  ENOENT: ['there is no such file', 'check the name and the folder'],
  EISDIR: ['it is a folder', 'name a file in it'],
  ENOTDIR: ['a part of its path is no folder', 'check the path'],
  EACCES: ['it may not be read', 'ask its owner for the right to read it (chmod)'],
  EPERM: ['it may not be read', 'ask its owner for the right to read it (chmod)'],
  ELOOP: ['its links lead in a circle', 'name the file itself'],
  ENAMETOOLONG: ['the name is too long', 'give it a shorter one'],
};

/**
 * FILE_UNREADABLE for what the system says of a file.
 * @param name the file as it was given, or what is said in its place
 */
export function unreadableFile(name: string, error: unknown): FinanceDbError {
  const [text, remedy] = REASONS[codeOf(error) ?? ''] ?? [messageOf(error), 'check the path'];
  return new FinanceDbError('FILE_UNREADABLE', `cannot read ${name}: ${text}`, {
    remedy,
    cause: error,
    details: { file: name },
  });
}
