import type { ReportRow } from '../../analytics/columns.ts';
import type { Filters } from '../../analytics/filters.ts';
import { fillsIntervals, MOST_INTERVALS } from '../../analytics/intervals.ts';
import { lastKnownDay } from '../../analytics/lastKnown.ts';
import type { ReportTable } from '../../app/stats/reportTable.ts';
import type { StatsResult } from '../../app/stats/stats.ts';
import { describeSpan } from '../../model/period.ts';
import type { NumberStyle } from '../money.ts';
import { printable } from '../printable.ts';
import { balanceNotes } from './balances.ts';
import { countOf, pluralOf } from './counts.ts';
import { forecastNotes } from './forecast.ts';

const TITLES: Partial<Record<string, string>> = { categories: 'Categories', cashflow: 'Cash flow' };

/** `Categories by month · 2024-11-01 to 2026-10-31 · USD · account checking-001`. */
export function headingOf({ report, request, baseCurrency }: StatsResult): string {
  const name = TITLES[report] ?? report.charAt(0).toUpperCase() + report.slice(1);
  const title = TITLES[report] === undefined ? name : `${name} by ${request.interval}`;
  const { period, span } = request;
  const days = span === null ? describeSpan(period.from, period.to) : describeSpan(span.from, span.to);
  const said = /^\d/.test(period.label) || period.label.includes(days) ? '' : `${period.label}: `;
  return [title, `${printable(said)}${days}`, baseCurrency.currency, ...filterWords(request.filters)].join(' · ');
}

/** The filters in words, for headings and for "nothing found". */
export function filterWords(filters: Filters): string[] {
  const words: string[] = [];
  if (filters.accounts.length > 0) words.push(`account ${filters.accounts.join(' or ')}`);
  if (filters.categories.length > 0) words.push(`category ${filters.categories.join(' or ')}`);
  if (filters.merchant !== null)
    words.push(
      filters.merchant.startsWith('/') ? `merchant like ${filters.merchant}` : `merchant with "${filters.merchant}"`,
    );
  if (filters.channel !== null) words.push(`channel ${filters.channel}`);
  if (filters.city !== null) words.push(`city ${filters.city}`);
  if (filters.currency !== null) words.push(`currency ${filters.currency}`);
  if (filters.min !== null) words.push(`from ${filters.min}`);
  if (filters.max !== null) words.push(`up to ${filters.max}`);
  if (filters.flow !== null) words.push(`${filters.flow} only`);
  return words.map((word) => printable(word));
}

/** What a reader must know beside the rows: what was cut, left out, or could not be added up. */
export function notesOf(result: StatsResult, numbers: NumberStyle): string[] {
  const { table, scope, transferRows, request } = result;
  const notes: string[] =
    result.report === 'recurring' ? [recurringNote(table, numbers), ...overdueNotes(table), ...asOfNotes(result)] : [];
  if (result.monthEnd !== null) notes.push(monthEndNote(result.monthEnd, numbers));
  if (result.forecast !== null) notes.push(...forecastNotes(result, result.forecast, numbers));
  if (result.balances !== null) notes.push(...balanceNotes(result.balances, result.baseCurrency.currency, numbers));
  if (table.rowCount > table.rows.length)
    notes.push(
      `${numbers.count(table.rows.length)} of ${numbers.count(table.rowCount)} ${pluralOf(table.noun)} shown; --limit N shows more`,
    );
  if (transferRows !== null && transferRows > 0)
    notes.push(
      `${result.report === 'accounts' ? 'No balances: ' : ''}${rowsText(transferRows, numbers)} of transfers between own accounts left out; --with-transfers keeps them`,
    );
  if (Number(scope.not_normalized) > 0 && result.report !== 'currencies')
    notes.push(
      `${rowsText(scope.not_normalized, numbers)} without a normalized amount: counted, but in no sum (see stats currencies)`,
    );
  notes.push(...apartNotes(result, numbers));
  if (result.report === 'cashflow' && request.span !== null && !fillsIntervals(request))
    notes.push(
      `Only ${pluralOf(request.interval)} with rows are shown: ${request.span.from} to ${request.span.to} has more than ${numbers.count(MOST_INTERVALS)}`,
    );
  if (result.timeZone !== null)
    notes.push(`Days and times of ${result.timeZone}; FINANCE_DB_TIMEZONE sets another zone`);
  if (result.baseCurrency.doubt !== null) notes.push(capital(result.baseCurrency.doubt));
  if (result.report === 'overview' && request.period.label === 'all')
    notes.push('Everything, and the latest month that is over; -p "last month", 2024q3 … asks for another period');
  return notes;
}

/** What should have come and did not; the next date is then of the next time, or any day where it is not given up yet. */
function overdueNotes({ rows }: ReportTable): string[] {
  const overdue = rows.filter(({ overdue_since }) => overdue_since !== null);
  if (overdue.length === 0) return [];
  const names = overdue
    .slice(0, MOST_OVERDUE)
    .map((row) => `${printable(String(row.merchant))} since ${row.overdue_since}`);
  const more = overdue.length - names.length;
  return [`Overdue: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`];
}

const MOST_OVERDUE = 5;

/** What dates refer to where that is not today: what was due since is not known. */
function asOfNotes({ request }: StatsResult): string[] {
  const known = lastKnownDay(request);
  return known < request.calendar.today ? [`Next dates and states as of ${known}, the last day that is known`] : [];
}

/** `no row has the account "cheking"; did you mean checking-001?` */
export function unknownNameNotes({ unknownNames }: StatsResult): string[] {
  return unknownNames.map(({ filter: { noun, name, within }, meant, known, others }) => {
    const place = within === null ? '' : ` of ${within}`;
    const choice = known.length === 0 ? '' : `; rows have ${known.join(', ')}${others ? ' and others' : ''}`;
    return printable(`No row has the ${noun} "${name}"${place}${meant === null ? choice : `; did you mean ${meant}?`}`);
  });
}

/** `2026-11 is expected to end at a net of 1,113.91 (-102.11 to 2,329.94 in eight of ten months); stats forecast says more`. */
function monthEndNote(row: ReportRow, numbers: NumberStyle): string {
  const [net, low, high] = [row.net, row.net_low, row.net_high].map((value) =>
    numbers.money(value === null ? null : String(value)),
  );
  const bounds = row.net_low === null ? '' : ` (${low} to ${high} in eight of ten months)`;
  return `${row.month} is expected to end at a net of ${net}${bounds}; stats forecast says more`;
}

/**
 * What a narrow terminal does not show.
 * @param report the report that a part of the overview is from
 */
export function hiddenNote(titles: readonly string[], report?: string): string {
  const where = report === undefined ? 'a wider terminal' : `stats ${report}, a wider terminal`;
  return `Not shown: ${titles.join(', ')} (${where}, or --format csv)`;
}

/** Rows that are dated after today, or not at all, with what they add up to. */
function apartNotes({ apart }: StatsResult, numbers: NumberStyle): string[] {
  if (apart === null) return [];
  const { future, future_amount, future_first: first, future_last: last, undated, undated_amount } = apart;
  const notes: string[] = [];
  if (future !== '0')
    notes.push(
      `${rowsText(future, numbers)} dated after today left out (${numbers.money(future_amount)}, ${describeSpan(first, last)}); --to ${last} includes ${future === '1' ? 'it' : 'them'}`,
    );
  if (undated !== '0')
    notes.push(
      `${rowsText(undated, numbers)} without a day between the years 1 and 9999 left out (${numbers.money(undated_amount)})`,
    );
  return notes;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `14 of 16 still going: -30,862.35 out and 134,801.52 in per year`. */
export function recurringNote({ total, rowCount }: ReportTable, numbers: NumberStyle): string {
  const { going, out_per_year, in_per_year } = total ?? {};
  const [out, gained] = [out_per_year, in_per_year].map((amount) => numbers.money(String(amount ?? '0')));
  return `${numbers.count(String(going ?? '0'))} of ${numbers.count(rowCount)} still going: ${out} out and ${gained} in per year`;
}

/** What reports say that look for something in the rows, where there are rows and nothing was found; null where there are none. */
export function nothingFoundText({ report, scope, table }: StatsResult, numbers: NumberStyle): string | null {
  const sought =
    report === 'recurring'
      ? 'Nothing that comes back was found: it takes three payments in step (yearly ones: two)'
      : report === 'anomalies'
        ? 'Nothing unusual was found'
        : null;
  if (sought === null || scope.rows === '0' || table.rowCount > 0) return null;
  return `${sought}, among ${countOf(scope.rows, 'transaction', numbers)}.`;
}

/** Why there is nothing to see, and what to try. */
export function emptyText({ request }: StatsResult): string {
  if (request.file === null)
    return 'The table is empty. `finance-db init` loads sample data, `finance-db sync` brings it here.';
  const { from, to } = request.file;
  const filters = filterWords(request.filters);
  const asked = describeSpan(request.period.from, request.period.to);
  const what = [...(asked === 'all' ? [] : [asked]), ...filters].join(', ');
  const advice =
    request.span === null
      ? `try -p ${to.slice(0, 7)}`
      : filters.length > 0
        ? 'try fewer filters'
        : 'try --with-transfers';
  return `No transactions${what === '' ? '' : ` for ${what}`}. The file covers ${from} to ${to}: ${advice}.`;
}

function rowsText(count: string | number, numbers: NumberStyle): string {
  return countOf(count, 'row', numbers);
}
