import type { SampleTable } from '../model/sampleRows.ts';
import { grouped } from './amount.ts';

/** `all 5,000 rows of transactions are invented (finance-db init)`. */
export function sampleTableText({ table, sampleRows, rows }: SampleTable): string {
  const which = sampleRows === rows ? 'all' : `${grouped(sampleRows)} of the`;
  return `${which} ${grouped(rows)} rows of ${table} are invented (by finance-db init)`;
}

/** The same for programs. */
export function sampleDocument({ table, sampleRows, rows }: SampleTable): Record<string, unknown> {
  return { table, sample_rows: sampleRows, rows };
}
