import type { DuckDbReader } from '../../duckdb/reader.ts';
import { comparisonPeriods, describeSpan } from '../../model/period.ts';
import { runStats, type StatsResult } from '../stats/stats.ts';
import type { StatsInput } from '../stats/statsRequest.ts';

export type Comparison = 'before' | 'year' | null;

/** A cash flow and, where asked for, the one of the period before or of a year earlier. */
export async function readCashflowPage(
  reader: DuckDbReader,
  input: StatsInput,
  beside: Comparison,
  setting: string | null,
): Promise<{ readonly now: StatsResult; readonly before: StatsResult | null }> {
  const now = await runStats(reader, 'cashflow', input, setting);
  const { previous, lastYear } = comparisonPeriods(input.period, input.calendar);
  const period = beside === 'before' ? previous : beside === 'year' ? lastYear : null;
  if (period === null) return { now, before: null };
  const label = describeSpan(period.from, period.to);
  return { now, before: await runStats(reader, 'cashflow', { ...input, period: { ...period, label } }, setting) };
}
