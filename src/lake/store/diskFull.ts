import { codeOf, FinanceDbError, messageOf } from '../../errors/financeDbError.ts';

/** Whether an error of the file system says that there is no room. */
export function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(codeOf(error) ?? '');
}

/** Such an error, as ours. @param place what was being written */
export function diskFull(error: unknown, place: string): FinanceDbError {
  return new FinanceDbError('DISK_FULL', `no space left for ${place}: ${messageOf(error)}`, { cause: error });
}
