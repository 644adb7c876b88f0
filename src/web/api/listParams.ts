import { Type } from '@sinclair/typebox';
import { TRANSACTION_SORTS } from '../../analytics/transactionPage.ts';
import { parseTransactionsInput, ROWS_A_PAGE, type TransactionsInput } from '../../app/dashboard/transactions.ts';
import { oneOf, switchParam, type Values } from './params.ts';

/**
 * What narrows the rows that a report looked at: with the report's own period and filters beside them, the rows that are
 * listed add up to the figure that was clicked.
 */
export const NARROWING_PARAMS = {
  only: Type.Array(Type.String({ maxLength: 500, examples: ['merchant:Corner Shop'] }), {
    maxItems: 20,
    description:
      'only rows with exactly this value: merchant:Corner Shop, city (none), day:2024-03-01..2024-03-31, flow:income, sign:out; may be repeated',
  }),
  q: Type.String({
    maxLength: 200,
    description: 'part of a merchant, category, city, account or channel; a whole id; or an amount',
  }),
  'every-row': switchParam('rows that reports leave out too: transfers, those without a day, those to come'),
};

export const PAGE_PARAMS = {
  limit: Type.Integer({ minimum: 1, maximum: 1000, default: ROWS_A_PAGE, description: 'rows a page' }),
  after: Type.String({ maxLength: 4000, description: 'where the page before ended: its `next`' }),
  sort: oneOf(TRANSACTION_SORTS, 'the order; - is downwards (default -date)'),
};

/** By the names that the page has for them. @throws FinanceDbError USAGE */
export function listInput(values: Values): TransactionsInput {
  const query = new URLSearchParams();
  for (const each of (values['only'] as readonly string[] | undefined) ?? []) query.append('only', each);
  const put = (name: string, value: unknown): void => {
    if (value !== undefined) query.set(name, String(value));
  };
  put('q', values['q']);
  put('every-row', values['every-row']);
  put('order', values['sort']);
  put('rows', values['limit']);
  put('after', values['after']);
  return parseTransactionsInput(query);
}
