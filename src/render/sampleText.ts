import { agreeing, counted, grouped } from '../model/counted.ts';
import type { SampleTable } from '../model/sampleRows.ts';

/** `all 5,000 rows of transactions are invented (finance-db init)`. */
export function sampleTableText({ table, sampleRows, rows }: SampleTable): string {
  const which = sampleRows !== rows ? `${grouped(sampleRows)} of the` : agreeing(rows, 'the', 'all');
  return `${which} ${counted(rows, 'row')} of ${table} ${agreeing(sampleRows, 'is', 'are')} invented (by finance-db init)`;
}

/** The same for programs. */
export function sampleDocument({ table, sampleRows, rows }: SampleTable): Record<string, unknown> {
  return { table, sample_rows: sampleRows, rows };
}
