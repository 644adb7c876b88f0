import type { CategoriesJudged } from '../app/categorize/judge.ts';
import type { Suggestion, Suggestions, UndoneFilings } from '../app/categorize/suggest.ts';
import type { Reason } from '../learn/categories/model.ts';
import { agreeing, counted, grouped } from '../model/counted.ts';
import { jsonNumeral } from './json.ts';
import { DEFAULT_LOCALE } from './locale.ts';
import { numberStyle } from './money.ts';
import { printable } from './printable.ts';
import { renderTable, type TableStyle } from './table.ts';
import { wrapText } from './wrap.ts';

/** The document of `categorize --json`, and of `--apply --json` with what was filed. */
export function suggestionsDocument(
  result: Suggestions & { readonly run?: string; readonly filed?: number },
  minConfidence: number | null,
): Record<string, unknown> {
  return {
    status: 'ok',
    table: result.table,
    learnt_from: result.learntFrom,
    categories: result.categories.length,
    unfiled: result.unfiled,
    ...(minConfidence === null
      ? {}
      : { min_confidence: minConfidence, run: jsonNumeral(result.run ?? null), filed: result.filed }),
    suggestions: result.suggestions.map((one) => ({
      payee: one.payee,
      category: one.category,
      subcategory: one.subcategory,
      confidence: rounded(one.confidence),
      why: whyText(one.why),
      by: one.why.kind,
      others: one.others.map(({ category, confidence }) => ({ category, confidence: rounded(confidence) })),
      rows: one.rows,
      sum: jsonNumeral(one.sum),
      not_normalized: one.notNormalized,
      unconverted: one.unconverted.map(({ currency, sum }) => ({ currency, sum: jsonNumeral(sum) })),
      first: one.first,
      last: one.last,
    })),
  };
}

/** Suggestions as a table, the payees with most rows first. */
export function renderSuggestions(result: Suggestions, style: TableStyle): string {
  const { suggestions, unfiled, learntFrom, categories } = result;
  if (unfiled === 0) return `Every row of ${result.table} has a category.\n`;
  const head = `${counted(unfiled, 'row')} without a category. Suggested from ${counted(learntFrom, 'row')} of ${counted(categories.length, 'category', 'categories')} that you, rules or banks have filed:`;
  const shown = suggestions.slice(0, MOST_SHOWN);
  const table = renderTable(
    [
      { title: 'payee', least: 12 },
      { title: 'rows', align: 'right' },
      { title: 'sum', align: 'right' },
      { title: 'category', least: 12 },
      { title: 'sure', align: 'right' },
      { title: 'why', wrap: true },
    ],
    shown.map((one) => [
      printable(one.payee),
      grouped(one.rows),
      printable(sumText(one)),
      printable(categoryText(one)),
      percent(one.confidence),
      printable(whyText(one.why)),
    ]),
    style,
  );
  const more = suggestions.length - shown.length;
  return [
    wrapText(head, style.width),
    table,
    ...(more > 0 ? [`${counted(more, 'more suggestion')}: --json lists all`] : []),
    wrapText(
      'Next: finance-db categorize --apply files those that are sure (--min-confidence 0.9), and on a terminal finance-db categorize asks one by one',
      style.width,
      2,
    ),
    '',
  ].join('\n');
}

const MOST_SHOWN = 40;

export function categoryText({ category, subcategory }: Pick<Suggestion, 'category' | 'subcategory'>): string {
  return subcategory === null ? category : `${category} / ${subcategory}`;
}

/** `-1,234.50`, and what could not be put into the base currency in its own: `-1,234.50 and -20.00 CHF`. */
export function sumText({ sum, rows, notNormalized, unconverted }: Suggestion): string {
  const style = numberStyle(DEFAULT_LOCALE, '');
  const parts = unconverted.map((one) => `${style.amount(one.sum, one.currency)} ${one.currency}`.trimEnd());
  return [...(notNormalized < rows ? [style.money(sum)] : []), ...parts].join(' and ');
}

/** `of 7 payees`, or `of 7 payees in 9 groups` where not all rows of a payee have the same category suggested. */
export function groupsText(suggestions: readonly Pick<Suggestion, 'payee'>[]): string {
  const payees = counted(new Set(suggestions.map(({ payee }) => payee)).size, 'payee');
  const groups = counted(suggestions.length, 'group');
  return payees.startsWith(`${groups.split(' ')[0]} `) ? `of ${payees}` : `of ${payees} in ${groups}`;
}

/** Why a payee is asked about more than once; empty for one that is not. */
export function againText(suggestions: readonly Pick<Suggestion, 'payee'>[], index: number): string {
  const { payee } = suggestions[index] as Pick<Suggestion, 'payee'>;
  const places = suggestions.flatMap((one, place) => (one.payee === payee ? [place] : []));
  return places.length === 1
    ? ''
    : `group ${places.indexOf(index) + 1} of ${places.length} of this payee: its rows differ, and so does what is suggested for them`;
}

/** `93 % sure`; where the rows of a payee differ, by amount or account: `44 to 93 % sure`. */
export function sureText({ confidence, surest }: Suggestion): string {
  const [least, most] = [Math.round(confidence * 100), Math.round(surest * 100)];
  return least === most ? `${least} % sure` : `${least} to ${most} % sure`;
}

/** `filed so 12 of 13 times`, `like "shell", "petrol"`. */
export function whyText(why: Reason): string {
  if (why.kind === 'history') return `filed so ${grouped(why.agreeing)} of ${counted(why.rows, 'time')}`;
  return why.features.length === 0 ? 'the most frequent category' : `like ${why.features.join(', ')}`;
}

/** What was filed, which rows these are, and how to take it back. */
export function renderApplied(
  result: { readonly run: string; readonly filed: number; readonly unfiled: number; readonly table: string },
  those: string,
): string {
  const { filed, unfiled, table } = result;
  return `Filed ${grouped(filed)} of ${counted(unfiled, 'row')} of ${table} without a category: ${those}.\nNext: finance-db sync (finance-db categorize --undo takes this back)\n`;
}

/** What `categorize --apply` has done. */
export function renderAutomatic(
  result: Suggestions & { readonly run: string; readonly filed: number },
  minConfidence: number,
): string {
  const { filed, unfiled, table, suggestions } = result;
  const wanted = `${Number((minConfidence * 100).toFixed(2))} %`;
  if (unfiled === 0) return `Every row of ${table} has a category.\n`;
  if (filed > 0) return renderApplied(result, `those whose suggestion is at least ${wanted} sure`);
  const surest = suggestions.flatMap(({ ids }) => ids).reduce((most, { confidence }) => Math.max(most, confidence), 0);
  return `Nothing was filed: of ${counted(unfiled, 'row')} of ${table} without a category the surest suggestion is ${percent(surest)} sure, less than ${wanted} (--min-confidence).\nNext: finance-db categorize shows the suggestions\n`;
}

export function renderUndone(undone: UndoneFilings | null): string {
  if (undone === null)
    return 'There is nothing to take back: categorize has filed nothing, or all of it was taken back.\n';
  const changed =
    undone.changed === 0
      ? ''
      : ` ${counted(undone.changed, 'row')} filed otherwise or gone since ${agreeing(undone.changed, 'stays as it is', 'stay as they are')}.`;
  return `${counted(undone.rows, 'row')} filed on ${undone.filedAt.slice(0, 16)} (UTC) ${agreeing(undone.rows, 'has', 'have')} no category again.${changed}\nNext: finance-db sync\n`;
}

export function undoneDocument(undone: UndoneFilings | null): Record<string, unknown> {
  return {
    status: 'ok',
    run: jsonNumeral(undone?.run ?? null),
    filed_at: undone?.filedAt ?? null,
    rows: undone?.rows ?? 0,
    changed: undone?.changed ?? 0,
  };
}

/** The document of `categorize --report --json`: shares are ratios. */
export function judgedDocument(judged: CategoriesJudged): Record<string, unknown> {
  return {
    status: 'ok',
    learnt_from: { rows: judged.learntFrom, first: judged.first, categories: judged.categories },
    judged_on: { rows: judged.judgedOn, since: judged.since, last: judged.last },
    right: rounded(judged.right),
    right_of_three: rounded(judged.rightOfThree),
    most_frequent_category: rounded(judged.mostFrequent),
    payees_own_history: rounded(judged.payeesOwn),
    known_payees: rounded(judged.knownPayees),
    coverage: judged.coverage.map(({ wanted, threshold, share, precision }) => ({
      precision_wanted: wanted,
      threshold: threshold === null ? null : rounded(threshold),
      coverage: rounded(share),
      precision: precision === null ? null : rounded(precision),
    })),
    confusions: judged.confusions,
  };
}

/** How right suggestions were, beside plainer ways to guess. */
export function renderJudged(judged: CategoriesJudged, style: TableStyle): string {
  const head = `Learnt from ${counted(judged.learntFrom, 'row')} of ${counted(judged.categories, 'category', 'categories')} before ${judged.since}, judged on ${counted(judged.judgedOn, 'row')} from ${judged.since} to ${judged.last} (${percent(judged.knownPayees)} of them with a payee that was met before).`;
  const rates = renderTable(
    [{ title: 'right' }, { title: 'share', align: 'right' }],
    [
      ['the suggestion', percent(judged.right)],
      ['one of the first three', percent(judged.rightOfThree)],
      ["the payee's own most frequent category", percent(judged.payeesOwn)],
      ['the most frequent category for all', percent(judged.mostFrequent)],
    ],
    style,
  );
  const coverage = renderTable(
    [
      { title: 'wanted right', align: 'right' },
      { title: 'threshold', align: 'right' },
      { title: 'filed', align: 'right' },
      { title: 'of them right', align: 'right' },
    ],
    judged.coverage.map(({ wanted, threshold, share, precision }) => [
      percent(wanted),
      threshold === null ? 'none does' : threshold.toFixed(3),
      percent(share),
      precision === null ? '–' : percent(precision),
    ]),
    style,
  );
  const confusions = renderTable(
    [{ title: 'rows', align: 'right' }, { title: 'filed under' }, { title: 'suggested' }],
    judged.confusions.map(({ rows, category, suggested }) => [
      grouped(rows),
      printable(category),
      printable(suggested),
    ]),
    style,
  );
  return [
    wrapText(head, style.width),
    rates,
    wrapText('What --apply would have filed; thresholds were found on the earlier rows alone:', style.width),
    coverage,
    ...(judged.confusions.length === 0 ? [] : ['Most often wrong:', confusions]),
    '',
  ].join('\n');
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function rounded(ratio: number): number {
  return Math.round(ratio * 1e4) / 1e4;
}
