import fs from 'node:fs';
import path from 'node:path';
import { codeOf, FinanceDbError, messageOf } from '../../errors/financeDbError.ts';

/** A folder that a person or a program puts statements into. */
export interface Inbox {
  readonly folder: string;
  /** Absolute paths of what lies in it now, sorted. */
  readonly files: readonly string[];
}

/** One file of it, and what came of it. */
export interface FiledInput {
  readonly file: string;
  /** Files imported: several for an archive. */
  imported: number;
  readonly refused: FinanceDbError[];
}

/** What browsers and programs call a file that is still on its way. */
const UNFINISHED = /\.(part|partial|crdownload|download|tmp|filepart)$/i;

/** @throws FinanceDbError FILE_UNREADABLE when the folder is not there */
export async function openInbox(cwd: string, name: string): Promise<Inbox> {
  const folder = path.resolve(cwd, name);
  try {
    const entries = await fs.promises.readdir(folder, { withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile() && !entry.name.startsWith('.') && !UNFINISHED.test(entry.name))
      .map((entry) => path.join(folder, entry.name));
    return { folder, files: files.sort() };
  } catch (error) {
    throw new FinanceDbError('FILE_UNREADABLE', `cannot read the inbox ${name}: ${messageOf(error)}`, {
      remedy: 'give a folder that exists',
      cause: error,
      details: { file: name },
    });
  }
}

/**
 * Moves a file to `done/`, or to `refused/` with the reason beside it (`NAME.reason.txt`). Never replaces a file that has the name
 * already. A file that somebody took away meanwhile is no error.
 */
export async function fileInbox(inbox: Inbox, input: FiledInput, now: Date): Promise<void> {
  const folder = path.join(inbox.folder, input.refused.length > 0 ? 'refused' : 'done');
  await fs.promises.mkdir(folder, { recursive: true });
  const target = await freeName(folder, path.basename(input.file), now);
  try {
    await fs.promises.rename(input.file, target);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw new FinanceDbError('FILE_NOT_WRITABLE', `cannot move ${input.file} to ${target}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  if (input.refused.length === 0) return;
  const lines = input.refused.map(({ code, message, remedy }) => `[${code}] ${message}\n→ ${remedy}\n`);
  await fs.promises.writeFile(`${target}.reason.txt`, lines.join('\n'));
}

async function freeName(folder: string, name: string, now: Date): Promise<string> {
  const plain = path.join(folder, name);
  if (!fs.existsSync(plain)) return plain;
  const { name: stem, ext } = path.parse(name);
  const stamp = now.toISOString().replace(/[:.]/g, '').replace('T', '-').slice(0, 17);
  for (let number = 1; ; number++) {
    const other = path.join(folder, `${stem}.${stamp}${number === 1 ? '' : `-${number}`}${ext}`);
    if (!fs.existsSync(other)) return other;
  }
}
