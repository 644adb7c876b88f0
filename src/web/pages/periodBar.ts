import { parseNarrowing } from '../../analytics/narrowing.ts';
import { neighbourPeriods } from '../../model/neighbourPeriods.ts';
import { combinePeriod, type Period } from '../../model/period.ts';
import type { Frame } from './frame.ts';
import { type Html, html, trusted } from './html.ts';
import { HIDDEN, withMinus } from './ink.ts';
import { type Changes, linkHere, pathTo, SEALED, sealedName } from './links.ts';
import { PAGES } from './pageNames.ts';

const PERIOD = ['period', 'from', 'to'];
const QUICK = [
  'this month',
  'last month',
  'this quarter',
  'last quarter',
  'this year',
  'last year',
  'last 90 days',
  'all',
];
/** What a list shows and how: no filter, and not to be cleared with them. */
const PLACE = [
  'after',
  'order',
  'rows',
  'sort',
  'limit',
  'by',
  'depth',
  'whole',
  'locale',
  'private',
  'vs',
  'sql',
  'saved',
  'report',
  'q',
  'month-start',
];
const TEXTS: readonly (readonly [string, string])[] = [
  ['account', 'Account'],
  ['category', 'Category'],
  ['merchant', 'Merchant'],
  ['channel', 'Channel'],
  ['city', 'City'],
  ['currency', 'Currency'],
  ['min', 'At least'],
  ['max', 'At most'],
];

/** Period and filters: links and forms whose whole state is the address. */
export function periodBar(frame: Frame): Html {
  return html`<div class="bar">${periodSteps(frame)}${chips(frame)}${filterForm(frame)}</div>`;
}

function periodSteps(frame: Frame): Html {
  const { query } = frame;
  const typed =
    query.get('period') ||
    (query.get('from') || query.get('to') ? `${query.get('from') ?? ''}..${query.get('to') ?? ''}` : '');
  const neighbours = neighboursOf(frame);
  const step = (rel: 'prev' | 'next', period: string | null, sign: string, words: string): Html =>
    period === null
      ? html`<span class="step off" aria-hidden="true">${sign}</span>`
      : html`<a class="step" rel="${rel}" href="${toPeriod(frame, period)}" aria-label="${words}: ${period}" title="${words}: ${period}">${sign}</a>`;
  return html`<div class="period">${step('prev', neighbours.previous, '‹', 'The period before')}<details class="menu"><summary><span class="sr">Period: </span>${typed === '' ? (frame.page === 'overview' ? 'latest month' : 'all time') : typed}</summary><div class="sheet-box"><ul class="plain">${QUICK.map(
    (period) =>
      html`<li><a href="${toPeriod(frame, period === 'all' ? null : period)}"${period === typed && trusted(' aria-current="true"')}>${period}</a></li>`,
  )}</ul><form action="${pathTo(frame, PAGES[frame.page].path)}"><label>Any period <input name="period" value="${query.get('period') ?? ''}" placeholder="2024q3, march 2024, since 2024-06" autocomplete="off"></label>${kept(frame, [...PERIOD, 'after'])}<button>Show</button></form></div></details>${step('next', neighbours.next, '›', 'The period after')}</div>`;
}

function toPeriod(frame: Frame, period: string | null): string {
  return linkHere(frame, { period, from: null, to: null, after: null });
}

/** What cannot be read is told by the page itself. */
function neighboursOf({ query, today }: Frame): { readonly previous: string | null; readonly next: string | null } {
  const given = (name: string): Record<string, string> => (query.get(name) ? { [name]: query.get(name) ?? '' } : {});
  const monthStart = Number(query.get('month-start') || '1');
  const calendar = { today, monthStart: monthStart >= 1 && monthStart <= 28 ? monthStart : 1 };
  try {
    const period: Period = combinePeriod({ ...given('period'), ...given('from'), ...given('to') }, calendar);
    return neighbourPeriods(period, calendar);
  } catch {
    return { previous: null, next: null };
  }
}

/** Each filter as a link that takes it away. */
function chips(frame: Frame): Html | null {
  const filters = [...frame.query].filter(
    ([name, value]) => isFilter(name) && (value !== '' || SWITCHES.includes(name)),
  );
  if (filters.length === 0) return null;
  const clear: Record<string, null> = Object.fromEntries(filters.map(([name]) => [name, null]));
  return html`<ul class="chips" aria-label="Filters">${filters.map(([name, value]) => {
    const words = wordsOf(name, value);
    return html`<li><a class="chip" href="${linkHere(frame, { ...without(frame, name, value), after: null })}" title="Remove this filter"><span class="sr">Remove filter </span>${words} <span aria-hidden="true">×</span></a></li>`;
  })}${filters.length > 1 && html`<li><a href="${linkHere(frame, { ...clear, after: null })}">Clear</a></li>`}</ul>`;
}

const SWITCHES = ['income', 'spending', 'with-transfers', 'every-row'];

function isFilter(name: string): boolean {
  return !PERIOD.includes(name) && !PLACE.includes(name);
}

/** All values of a parameter but one. */
function without(frame: Frame, name: string, value: string): Changes {
  const rest = frame.query.getAll(name);
  rest.splice(rest.indexOf(value), 1);
  return { [name]: rest.length === 0 ? null : rest };
}

function wordsOf(name: string, value: string): string {
  if (name === 'with-transfers') return 'with transfers';
  if (name === 'every-row') return 'every row';
  if (name === 'income' || name === 'spending') return name;
  if (name === SEALED) return `${sealedName(value)}: ${HIDDEN}`;
  if (name !== 'only') return `${name}: ${value}`;
  try {
    const narrowing = parseNarrowing(value);
    if (narrowing.by === 'day')
      return narrowing.from === narrowing.to ? `${narrowing.from}` : `${narrowing.from ?? ''} – ${narrowing.to ?? ''}`;
    if (narrowing.by === 'flow') return narrowing.value;
    if (narrowing.by === 'sign' || narrowing.by === 'original') return `money ${narrowing.value}`;
    if (narrowing.by === 'normalized') return 'without a normalized amount';
    return narrowing.value === null || narrowing.value === ''
      ? `no ${narrowing.by}`
      : `${narrowing.by} is ${narrowing.value}`;
  } catch {
    return withMinus(value);
  }
}

function filterForm(frame: Frame): Html {
  const { query } = frame;
  const flow = query.has('income') ? 'income' : query.has('spending') ? 'spending' : '';
  const names = TEXTS.map(([name]) => name);
  const sealed = query.getAll(SEALED).map(sealedName);
  // Accounts and categories add up; the others are one each, and the form has them.
  const single = names.filter((name) => name !== 'account' && name !== 'category');
  return html`<details class="menu filters"><summary>+ filter</summary><div class="sheet-box"><form action="${pathTo(frame, PAGES[frame.page].path)}">${TEXTS.map(
    ([name, title]) =>
      html`<label>${title} <input name="${name}" value="${single.includes(name) ? (query.get(name) ?? '') : ''}"${sealed.includes(name) && html` placeholder="${HIDDEN}"`} autocomplete="off"${(name === 'min' || name === 'max') && trusted(' inputmode="decimal"')}></label>`,
  )}${flow !== '' && html`<input type="hidden" name="${flow}" value="1">`}<label class="check"><input type="checkbox" name="with-transfers" value="1"${query.has('with-transfers') && trusted(' checked')}> with transfers between own accounts</label>${kept(frame, [...single, 'with-transfers', 'income', 'spending', 'after'])}<button>Filter</button></form><p class="choices">only <a href="${linkHere(frame, { income: '1', spending: null, after: null })}">income</a> <a href="${linkHere(frame, { spending: '1', income: null, after: null })}">spending</a> <a href="${linkHere(frame, { spending: null, income: null, after: null })}">both</a></p></div></details>`;
}

/** The other parameters go along with a form as they are. */
export function kept(frame: Frame, except: readonly string[]): Html[] {
  return [...frame.query]
    .filter(([name]) => !except.includes(name))
    .map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`);
}
