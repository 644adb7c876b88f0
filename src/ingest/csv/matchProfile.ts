import { FinanceDbError, isFinanceDbError } from '../../errors/financeDbError.ts';
import type { Encoding } from '../encoding.ts';
import { OWN_PROFILE } from './ownProfile.ts';
import { type CsvProfile, isHeaderOf } from './profile.ts';
import { BankRecords } from './records.ts';

const HEADER_WITHIN = 200;

/**
 * The profile whose header names a file has: of several the one that asks for the most names. Files with our own columns match the
 * built-in `finance-db`.
 * @param head the first text of the file, some 64 KB, read in the encoding that a profile gives (null: the file's own)
 * @param final whether that is all of it
 * @returns null when none matches; profiles without header names never do
 * @throws FinanceDbError CONFIG when two match equally well
 */
export function matchProfile(
  file: string,
  head: (encoding: Encoding | null) => string,
  final: boolean,
  profiles: readonly CsvProfile[],
): CsvProfile | null {
  const matching = [...profiles, OWN_PROFILE].filter((profile) => hasHeaderOf(profile, head(profile.encoding), final));
  const names = (profile: CsvProfile): number => profile.match?.header.length ?? 0;
  const [best, second] = matching.sort((left, right) => names(right) - names(left));
  if (best === undefined) return null;
  if (second !== undefined && second !== OWN_PROFILE && names(second) === names(best))
    throw new FinanceDbError('CONFIG', `${file}: the profiles ${best.name} and ${second.name} fit equally well`, {
      remedy: `name one with --profile, or delete the other`,
      details: { file, profiles: [best.name, second.name] },
    });
  return best;
}

function hasHeaderOf({ match, delimiter }: CsvProfile, head: string, final: boolean): boolean {
  if (match === null) return false;
  try {
    const records = new BankRecords('', delimiter).push(head, final);
    return records.slice(0, HEADER_WITHIN).some(({ fields }) => isHeaderOf(match, fields));
  } catch (error) {
    // Quotes that do not close with this delimiter: another profile's file.
    if (isFinanceDbError(error)) return false;
    throw error;
  }
}
