import {
  type AccountFacts,
  accountFactsSql,
  balancesReport,
  type DisagreementRow,
  disagreementsSql,
  intervalsShown,
} from '../../analytics/balances.ts';
import type { StatsRequest } from '../../analytics/request.ts';
import type { DuckDbReader } from '../../duckdb/reader.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { type ReportTable, readTable } from './reportTable.ts';

/** What stands beneath balances. */
export interface BalancesView {
  /** Whether the file has the table of imported statements. */
  readonly statements: boolean;
  /** Statements that follow each other and between which the rows do not add up. */
  readonly disagreements: readonly DisagreementRow[];
  /** Accounts that nothing is known of, and that are in no sum. */
  readonly unknown: readonly string[];
  /** Accounts with rows in several currencies, which have no balance. */
  readonly mixed: readonly string[];
  /** Accounts with a balance in their own currency that no row has a rate of: they are not in the sum of all. */
  readonly unrated: readonly { readonly account: string; readonly currency: string | null }[];
  /** How many of the intervals are shown, the latest. */
  readonly intervals: { readonly shown: number; readonly of: number; readonly noun: string };
  /** The accounts whose balance is known, each with what it held before its first row. */
  readonly known: readonly KnownAccount[];
}

export interface KnownAccount {
  readonly account: string;
  readonly currency: string | null;
  /** Before its first row: with the amounts of the rows up to a day it makes the balance of that day. */
  readonly start: string;
  /** Whether those are the normalized amounts; else the original ones, all in its currency. */
  readonly inBase: boolean;
  /** Whether it is in the sum of all accounts. */
  readonly inAll: boolean;
}

/** @throws FinanceDbError CONFIG when amounts are no exact numbers; USAGE when an opening is of no account */
export async function readBalances(
  reader: DuckDbReader,
  request: StatsRequest,
): Promise<{ readonly table: ReportTable; readonly view: BalancesView }> {
  if (request.source.amountScale === null)
    throw new FinanceDbError('CONFIG', 'amount is no exact number, which balances add up', {
      remedy: 'make it numeric, such as numeric(15,2)',
    });
  const facts = await reader.all<AccountFacts>(accountFactsSql(request));
  const apartFor = (reason: AccountFacts['apart']): AccountFacts[] => facts.filter(({ apart }) => apart === reason);
  await requireOpenings(reader, request);
  return {
    table: withCurrencies(await readTable(reader, request, balancesReport)),
    view: {
      statements: request.statements !== null,
      disagreements: request.statements === null ? [] : await reader.all<DisagreementRow>(disagreementsSql(request)),
      unknown: apartFor('unknown').map(({ account_id }) => account_id),
      mixed: apartFor('mixed').map(({ account_id }) => account_id),
      unrated: apartFor('unrated').map(({ account_id, currency }) => ({ account: account_id, currency })),
      intervals: { ...intervalsShown(request), noun: request.interval },
      known: facts.flatMap(({ account_id, currency, start, in_base, apart }): KnownAccount[] =>
        start === null
          ? []
          : [{ account: account_id, currency, start, inBase: in_base === true, inAll: apart === null }],
      ),
    },
  };
}

/** Where accounts differ in currency, a figure without its currency would mislead, however narrow the terminal. */
function withCurrencies(table: ReportTable): ReportTable {
  const currencies = new Set(
    table.rows.filter(({ account_id }) => account_id !== null).map(({ currency }) => currency),
  );
  if (currencies.size < 2) return table;
  const columns = table.columns.map(({ spare, ...column }) =>
    column.key === 'currency' || spare === undefined ? column : { ...column, spare },
  );
  return { ...table, columns };
}

/** @throws FinanceDbError USAGE when an opening is of no account */
export async function requireOpenings(reader: DuckDbReader, { source, openings }: StatsRequest): Promise<void> {
  if (openings.length === 0) return;
  const rows = await reader.all<{ account: string }>(
    `SELECT DISTINCT lower(account_id) AS account FROM ${source.table} WHERE account_id IS NOT NULL`,
  );
  const known = new Set(rows.map(({ account }) => account));
  const missing = openings.find(({ account }) => !known.has(account.toLowerCase()));
  if (missing !== undefined)
    throw new FinanceDbError('USAGE', `--opening: there is no account ${JSON.stringify(missing.account)} in the file`, {
      remedy: '`finance-db stats accounts` names them',
    });
}
