import { FinanceDbError } from '../../errors/financeDbError.ts';
import type { CommandContext } from '../context.ts';
import type { ImportFlags } from '../importFlags.ts';

export async function learnCommand(
  _context: CommandContext,
  _files: readonly string[],
  _flags: ImportFlags,
): Promise<number> {
  throw new FinanceDbError('INTERNAL', 'to come');
}
