import type { DataAge } from '../duckdb/dataAge.ts';
import { durationText } from '../render/amount.ts';

/** What every reading command says on stderr when it shows the sample. */
export const SAMPLE_NOTICE = 'SAMPLE DATA: nothing was synced from PostgreSQL yet';

/** `synced 5 min ago`, or nothing when the file does not say. */
export function dataAgeText(age: DataAge, now: Date): string {
  if (age.syncedAt === null || age.sample) return '';
  return `synced ${durationText(Math.max(0, (now.getTime() - age.syncedAt.getTime()) / 1000))} ago`;
}
