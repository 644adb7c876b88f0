import { Type } from '@sinclair/typebox';
import { SORT_KEYS } from '../../analytics/request.ts';
import { FORECAST_GROUPS, type StatsFlags } from '../../app/stats/statsFlags.ts';
import { INTERVALS } from '../../model/period.ts';
import { oneOf, switchParam, type Values } from './params.ts';

/** Text of any length that makes sense. */
const text = (description: string, example?: string) =>
  Type.String({ maxLength: 500, description, ...(example === undefined ? {} : { examples: [example] }) });
const texts = (description: string) => Type.Array(Type.String({ maxLength: 500 }), { maxItems: 100, description });

/** The period and the filters: the flags of `stats` by their own names. */
export const FILTER_PARAMS = {
  period: text('such as last month, 2024, 2024q3, 2024-03, from 2024-01-15 to 2024-03', 'last month'),
  from: text('first day, or a period whose first day it is', '2024-01-15'),
  to: text('last day, or a period whose last day it is', '2024-03'),
  'month-start': Type.Integer({ minimum: 1, maximum: 28, description: 'the day on which months begin' }),
  account: texts('only this account; may be repeated'),
  category: texts('only this category, or Category:Subcategory, or none; may be repeated'),
  merchant: text('only merchants with this in their name, or /regular expression/'),
  channel: text('only this channel'),
  city: text('only this city'),
  currency: text('only amounts in this original currency', 'EUR'),
  min: text('only amounts of at least this size, in the base currency, without sign', '19.99'),
  max: text('only amounts of at most this size'),
  income: switchParam('income only'),
  spending: switchParam('spending only, refunds counted against it'),
  'with-transfers': switchParam('keep transfers between own accounts'),
};

/** What some reports take beside that. */
export const REPORT_PARAMS = {
  by: oneOf(
    [...INTERVALS, ...FORECAST_GROUPS],
    'categories and cashflow by day, week, month, quarter or year; forecast by account or category; balances by day or month',
  ),
  months: Type.Integer({ minimum: 1, maximum: 24, description: 'forecast: so many months ahead' }),
  backtest: switchParam('forecast: how it would have done on the past'),
  opening: texts(
    'balances and forecast: what an account held before its first row, as ACCOUNT=AMOUNT; may be repeated',
  ),
  depth: oneOf(['1', '2'], 'categories: 2 for subcategories'),
  sort: oneOf(SORT_KEYS, 'what rows are ordered by'),
  limit: Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'so many rows' }),
};

/** How numbers are written on pages. */
export const LOCALE_PARAM = { locale: text('how numbers are written', 'de-DE') };

/** The flags of `stats` among parameters that were read. */
export function flagsOf(values: Values): StatsFlags {
  const flags: Record<string, unknown> = {};
  for (const name of [...Object.keys(FILTER_PARAMS), ...Object.keys(REPORT_PARAMS)])
    if (values[name] !== undefined)
      flags[name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())] = values[name];
  return flags as StatsFlags;
}
