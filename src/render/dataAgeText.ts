import type { SampleTable } from '../model/sampleRows.ts';
import { durationText } from './amount.ts';
import { sampleTableText } from './sampleText.ts';

/** How current data is: DataAge of the DuckDB file, as far as texts need it. */
interface DataAge {
  readonly sample: boolean;
  readonly sampleTables: readonly SampleTable[];
  readonly syncedAt: Date | null;
  readonly checkedAt: Date | null;
}

/** What every reading command says on stderr of data that is not real; null when all of it is. */
export function sampleNotice({ sample, sampleTables }: Pick<DataAge, 'sample' | 'sampleTables'>): string | null {
  if (sample) return 'SAMPLE DATA: nothing was synced from PostgreSQL yet';
  return sampleTables.length === 0 ? null : `SAMPLE DATA: ${sampleTables.map(sampleTableText).join('; ')}`;
}

/** A check within this time of the sync is the sync itself. */
const SAME_MS = 60_000;

/** `synced 5 h ago, checked 2 min ago`, or nothing when the file does not say. */
export function dataAgeText(age: DataAge, now: Date): string {
  const { syncedAt, checkedAt } = age;
  if (syncedAt === null || age.sample) return '';
  const ago = (time: Date): string => `${durationText(Math.max(0, (now.getTime() - time.getTime()) / 1000))} ago`;
  const later = checkedAt !== null && checkedAt.getTime() - syncedAt.getTime() > SAME_MS;
  return `synced ${ago(syncedAt)}${later ? `, checked ${ago(checkedAt)}` : ''}`;
}
