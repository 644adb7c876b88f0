import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { readTextFile } from '../../files/textFile.ts';
import type { CommandContext } from '../context.ts';
import { type Lend, startForeground } from './foreground.ts';

/**
 * Lets the user's editor ($VISUAL, $EDITOR, else vi) change a text.
 * @returns null when it was left as it was.
 * @throws FinanceDbError USAGE when the editor cannot be started or fails.
 */
export async function editText({ io, env }: CommandContext, lend: Lend, text: string): Promise<string | null> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'finance-db-edit-'));
  const file = path.join(folder, 'query.sql');
  try {
    fs.writeFileSync(file, text === '' ? '' : `${text}\n`, { mode: 0o600 });
    const editor = env.VISUAL || env.EDITOR || 'vi';
    const code = await lend(() => startForeground(io, env, `${editor} "$1"`, { args: [file], piped: false }).ended);
    if (code !== 0)
      throw new FinanceDbError('USAGE', `the editor ${editor} failed`, {
        remedy: 'name another with VISUAL or EDITOR',
      });
    const edited = (await readTextFile(file)).trimEnd();
    return edited === text.trimEnd() ? null : edited;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
