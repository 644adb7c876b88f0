import { FinanceDbError } from '../../errors/financeDbError.ts';
import type { CommandContext } from '../context.ts';
import type { ImportFlags } from '../importFlags.ts';
import { importNamed } from './importNamed.ts';

/** Flags that say how files are read or taken in, as they are typed: an import that came already heeds none of them. */
const OF_FILES = {
  dryRun: '--dry-run',
  allNew: '--all-new',
  account: '--account',
  format: '--format',
  profile: '--profile',
  encoding: '--encoding',
  dateOrder: '--date-order',
} as const satisfies Partial<Record<keyof ImportFlags, string>>;

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
    refuseFlagsOfFiles(other, flags);
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

/** A flag that would be heeded by nothing is refused, --dry-run above all: whoever gives it counts on nothing being changed. */
function refuseFlagsOfFiles(other: 'list' | 'undo' | 'restore', flags: ImportFlags): void {
  for (const [name, flag] of Object.entries(OF_FILES)) {
    if (flags[name as keyof typeof OF_FILES] === undefined) continue;
    if (flag === '--dry-run' && other !== 'list')
      throw new FinanceDbError('USAGE', `--${other} changes rows, and --dry-run is to write nothing`, {
        remedy: `leave one of them out: \`finance-db import --list ${flags[other]}\` shows the rows of that import`,
      });
    throw new FinanceDbError('USAGE', `${flag} is for files that come in, and --${other} takes none`, {
      remedy: `leave ${flag} out`,
    });
  }
}
