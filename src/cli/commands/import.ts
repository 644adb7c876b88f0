import { FinanceDbError } from '../../errors/financeDbError.ts';
import type { CommandContext } from '../context.ts';
import type { ImportFlags } from '../importFlags.ts';
import { importNamed } from './importNamed.ts';

/** `finance-db import`: files in, or a look at what came in and a way back. */
export async function importCommand(
  context: CommandContext,
  files: readonly string[],
  flags: ImportFlags,
): Promise<number> {
  const others = (['list', 'undo', 'restore', 'learn', 'inbox'] as const).filter((name) => flags[name] !== undefined);
  if (others.length > 1)
    throw new FinanceDbError('USAGE', `--${others.join(' and --')} exclude each other`, { remedy: 'give one of them' });
  if (flags.force === true && flags.undo === undefined)
    throw new FinanceDbError('USAGE', '--force goes with --undo', { remedy: 'leave it out' });
  if (flags.yes === true && flags.learn === undefined)
    throw new FinanceDbError('USAGE', '--yes goes with --learn', { remedy: 'leave it out' });
  const [other] = others;
  if (other === 'list' || other === 'undo' || other === 'restore') {
    if (files.length > 0)
      throw new FinanceDbError('USAGE', `--${other} takes the number of an import and no files`, {
        remedy: 'leave the files out',
      });
    const { listCommand, restoreCommand, undoCommand } = await import('./importManage.ts');
    if (other === 'list') return listCommand(context, flags.list ?? true);
    if (other === 'undo') return undoCommand(context, flags.undo ?? '', flags.force === true);
    return restoreCommand(context, flags.restore ?? '');
  }
  if (other === 'learn') return (await import('./importLearn.ts')).learnCommand(context, files, flags);
  if (other === 'inbox') return (await import('./importInbox.ts')).inboxCommand(context, files, flags);
  if (files.length === 0)
    throw new FinanceDbError('USAGE', 'no file was named', {
      remedy: 'give statement files, a folder of them, a .zip, or - for stdin; --list shows what came so far',
    });
  return importNamed(context, files, flags);
}
