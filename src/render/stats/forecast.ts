import type { ForecastView } from '../../app/stats/readForecast.ts';
import type { ReportTable } from '../../app/stats/reportTable.ts';
import type { StatsResult } from '../../app/stats/stats.ts';
import { jsonNumeral } from '../json.ts';
import type { NumberStyle } from '../money.ts';
import { printable } from '../printable.ts';
import { renderTable } from '../table.ts';
import { pad, truncate } from '../width.ts';
import { cameTable } from './cameTable.ts';
import { countOf } from './counts.ts';
import { paintOf, type StatsStyle } from './style.ts';

/** Payments that are named; JSON has all. */
const MOST_EXPECTED = 20;
const MONTHS_BEFORE = 6;
const WIDEST_CHART = 100;

/** What stands beneath the table of a forecast: the chart and what is due. */
export function forecastBlocks(result: StatsResult, view: ForecastView, style: StatsStyle): string[] {
  if (result.request.backtest || result.table.rows.length === 0) return [];
  const paint = paintOf(style);
  const blocks: string[] = [];
  if (result.request.groupBy === null) blocks.push(paint.bold('Net by month'), chart(result.table, view, style));
  if (view.came.length > 0) blocks.push(paint.bold('What came'), cameTable(result.table, view, style));
  if (view.expected.length > 0) blocks.push(paint.bold('What is due'), dueTable(view, style));
  return blocks;
}

function dueTable({ expected }: ForecastView, style: StatsStyle): string {
  return renderTable(
    [
      { title: 'Day' },
      { title: 'Merchant', least: 14 },
      { title: 'Amount', align: 'right' },
      { title: 'Cadence', shrink: false },
    ],
    expected
      .slice(0, MOST_EXPECTED)
      .map(({ day, merchant, amount, cadence, overdue_since }) => [
        day,
        printable(truncate(merchant, 40)),
        style.numbers.money(amount),
        overdue_since === null ? cadence : `${cadence}, overdue since ${overdue_since}`,
      ]),
    { width: style.width, color: style.color, ascii: style.ascii },
  );
}

/** A line a month on one scale: what was is a point, what is expected a point within its band. Nothing is said by colour alone. */
function chart({ rows }: ReportTable, { past }: ForecastView, style: StatsStyle): string {
  const before = past.slice(-MONTHS_BEFORE);
  const ahead = rows.map((row) => ({
    month: String(row.month),
    net: Number(row.net),
    low: Number(row.net_low ?? row.net),
    high: Number(row.net_high ?? row.net),
    text: style.numbers.money(String(row.net)),
  }));
  const lines = [
    ...before.map(({ month, net: exact }) => {
      const net = Number(exact);
      return { month, net, low: net, high: net, text: style.numbers.money(exact) };
    }),
    ...ahead,
  ];
  const labels = Math.max(...lines.map(({ text }) => text.length));
  const width = Math.max(20, Math.min(style.width, WIDEST_CHART) - 7 - labels - 4);
  const least = Math.min(0, ...lines.map(({ low }) => low));
  const most = Math.max(0, ...lines.map(({ high }) => high));
  const place = (value: number): number =>
    most === least ? 0 : Math.round(((value - least) / (most - least)) * (width - 1));
  const [point, from, to, band, zero] = style.ascii ? ['o', '[', ']', '-', '|'] : ['●', '├', '┤', '─', '│'];
  const paint = paintOf(style);
  return lines
    .map(({ month, net, low, high, text }, index) => {
      const cells = new Array<string>(width).fill(' ');
      cells[place(0)] = zero as string;
      if (index >= before.length && low < high) {
        for (let cell = place(low); cell <= place(high); cell++) cells[cell] = band as string;
        cells[place(low)] = from as string;
        cells[place(high)] = to as string;
      }
      cells[place(net)] = point as string;
      return `${month}  ${pad(text, labels, 'right')}  ${paint.cyan(cells.join('').trimEnd())}`;
    })
    .join('\n');
}

/** What a reader must know of a forecast. */
export function forecastNotes(result: StatsResult, view: ForecastView, numbers: NumberStyle): string[] {
  const notes: string[] = [];
  const { request, table } = result;
  if (view.ways === null) return [];
  const estimates = `Estimates from what was known on ${view.origin}, by ${countOf(view.history, 'whole month', numbers)}`;
  if (request.backtest) {
    notes.push(
      `${estimates.replace('Estimates from', `Each past month forecast from what was known ${view.withinMonth ? 'on the same day of it' : 'before it'}; now`)}. "of no change" is the error beside that of taking ${view.withinMonth ? 'what was left of the month before for what is left' : 'the month before'}: below 100 % is better; "held" is how many of the 80 % intervals did`,
    );
    return notes;
  }
  notes.push(`${estimates}; low and high are made to hold 80 % of months${heldText(view, numbers)}`);
  if (table.rows.some((row) => row.net_low === null))
    notes.push('Too little history for some intervals: it takes six errors of the past');
  const { income, spending } = view.ways;
  notes.push(
    `${income === spending ? `By: ${income}` : `Income by: ${income}. Spending by: ${spending}`}${`${income}${spending}`.includes('dated') ? ' (dated: what recurs, on its days)' : ''}`,
  );
  for (const { flow, months, meanError, againstNoChange } of view.accuracy)
    if (flow === 'net' && months > 0)
      notes.push(
        `${horizonText(view)}, net was missed by ${numbers.money(meanError.toFixed(2))} on average over ${countOf(months, 'month', numbers)}${againstNoChange === null ? '' : `, ${numbers.share(againstNoChange)} of what "no change" missed`}; --backtest shows more`,
      );
  if (view.expected.length > MOST_EXPECTED)
    notes.push(
      `${numbers.count(MOST_EXPECTED)} of ${numbers.count(view.expected.length)} payments that are due shown; --json has all`,
    );
  const { today } = request.calendar;
  const unseen = view.expected.filter(({ day }) => day < today).length;
  if (unseen > 0 && request.period.to === null)
    notes.push(
      `The data ends on ${request.file?.to ?? view.origin}: whether ${countOf(unseen, 'payment', numbers)} due before today came is not known; import and sync what is newer`,
    );
  if (view.lowest !== null)
    notes.push(
      `The lowest balance expected is ${numbers.money(view.lowest.balance.toFixed(2))} on ${view.lowest.day}; all accounts together hold ${numbers.money(view.lowest.from.toFixed(2))} on ${view.origin}`,
    );
  else if (view.withoutBalance > 0)
    notes.push(
      `No lowest balance: it is not known what ${countOf(view.withoutBalance, 'account', numbers)} held in ${result.baseCurrency.currency} (see stats balances)`,
    );
  if (view.leftOut.length > 0)
    notes.push(
      `Without a forecast of their own (too little history, or not among the largest): ${view.leftOut
        .slice(0, 5)
        .map((name) => printable(name))
        .join(', ')}${view.leftOut.length > 5 ? ` and ${numbers.count(view.leftOut.length - 5)} more` : ''}`,
    );
  return notes;
}

/** What the errors are of: a month that is forecast whole, or the rest of one that has begun. */
export function horizonText({ withinMonth }: ForecastView): string {
  return withinMonth ? 'With the month begun as far as now' : 'A month ahead';
}

/** `, and held a month ahead: income 13 of 15, spending 12 of 15, net 13 of 15`. */
function heldText({ accuracy, withinMonth }: ForecastView, numbers: NumberStyle): string {
  const parts = accuracy
    .filter(({ judged }) => judged > 0)
    .map(({ flow, held, judged }) => `${flow} ${numbers.count(held)} of ${numbers.count(judged)}`);
  return parts.length === 0
    ? ''
    : `, and held ${withinMonth ? 'for months begun as far' : 'a month ahead'}: ${parts.join(', ')}`;
}

/** Why there is no forecast. */
export function tooLittleText(view: ForecastView): string {
  return `Too little history for a forecast: it takes three whole months up to ${view.origin}.`;
}

/** What `stats forecast --json` has beside the rows: estimates are rounded to cents, shares are ratios. */
export function forecastDocument(view: ForecastView): Record<string, unknown> {
  const cents = (value: number): unknown => jsonNumeral(value.toFixed(2));
  return {
    origin: view.origin,
    history_months: view.history,
    too_little_history: view.ways === null,
    ways: view.ways,
    expected: view.expected.map(({ amount, ...rest }) => ({ ...rest, amount: jsonNumeral(amount) })),
    lowest_balance:
      view.lowest === null
        ? null
        : { day: view.lowest.day, balance: cents(view.lowest.balance), now: cents(view.lowest.from) },
    accuracy: view.accuracy.map(({ flow, months, meanError, againstNoChange, held, judged, rivals }) => ({
      flow,
      months,
      mean_error: cents(meanError),
      against_no_change: againstNoChange === null ? null : Math.round(againstNoChange * 1e4) / 1e4,
      intervals: { claimed: 0.8, held, judged },
      rivals: rivals.map(({ name, meanError: error }) => ({ name, mean_error: cents(error) })),
    })),
    came: view.came.map(({ month, income, spending, net }) => ({
      month,
      income: jsonNumeral(income),
      spending: jsonNumeral(spending),
      net: jsonNumeral(net),
    })),
    past: view.past.map(({ month, net }) => ({ month, net: jsonNumeral(net) })),
    without_balance: view.withoutBalance,
    left_out: view.leftOut,
  };
}
