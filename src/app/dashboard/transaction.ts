import { TRANSACTION_COLUMNS, type TransactionRow } from '../../analytics/transactions.ts';
import { legCondition, mayHoldTransfers, TRANSFER_DAYS, transferExpressions } from '../../analytics/transfers.ts';
import type { DuckDbReader } from '../../duckdb/reader.ts';
import { quoteLiteral } from '../../model/identifier.ts';
import { prepareRequest, type StatsInput } from '../stats/statsRequest.ts';
import { idCondition } from './knownRows.ts';
import { type Provenance, readProvenance } from './provenance.ts';

/** One transaction with what is near to it. */
export interface TransactionDetail {
  /** Every column of the table, as it is stored, as text. */
  readonly row: Readonly<Record<string, unknown>>;
  /** The newest others of the same merchant. */
  readonly sameMerchant: Neighbours;
  /** The other leg, where this is one of a transfer between own accounts. */
  readonly otherLeg: Neighbours;
  /** Whether reports leave it out as a transfer. */
  readonly isTransfer: boolean;
  readonly provenance: Provenance;
}

/** Transactions near to one, and the SQL that finds them. */
export interface Neighbours {
  readonly rows: readonly TransactionRow[];
  readonly sql: string;
}

const NEIGHBOURS = 10;
const COLUMNS = TRANSACTION_COLUMNS.map((name) => `"${name}"`).join(', ');

/** @returns null where there is no transaction of that id */
export async function readTransaction(
  reader: DuckDbReader,
  stats: StatsInput,
  id: string,
): Promise<TransactionDetail | null> {
  const prepared = await prepareRequest(reader, 'health', stats);
  const { request, stored } = prepared;
  if (!stored.columns.some(({ name }) => name === 'tx_id')) return null;
  const isRow = await idCondition(reader, prepared, id);
  const [row] = await reader.all<Record<string, unknown>>(`SELECT * FROM ${stored.table} WHERE ${isRow} LIMIT 1`);
  if (row === undefined) return null;
  const provenance = await readProvenance(reader, stats.table, id);
  const table = request.source.whole;
  const near = async (condition: string, most: number, quicker = condition): Promise<Neighbours> => {
    const sql = (where: string): string => `SELECT ${COLUMNS} FROM ${table}
WHERE ${where}
ORDER BY "timestamp" DESC NULLS LAST, tx_id LIMIT ${most}`;
    return { rows: await reader.all<TransactionRow>(sql(quicker)), sql: sql(condition) };
  };
  const [own] = await reader.all<TransactionRow & { row_id: string; day: string | null }>(
    `SELECT rowid AS row_id, "timestamp"::DATE AS day, ${COLUMNS} FROM ${table} WHERE ${isRow} LIMIT 1`,
  );
  const nobody: Neighbours = { rows: [], sql: '' };
  if (own === undefined) return { row, sameMerchant: nobody, otherLeg: nobody, isTransfer: false, provenance };
  const sameMerchant =
    own.merchant === null
      ? nobody
      : await near(
          `merchant = ${quoteLiteral(own.merchant)} AND tx_id IS DISTINCT FROM ${quoteLiteral(id)}`,
          NEIGHBOURS,
        );
  // What an import has found to be the other leg is known; else it is the one that the reports would take.
  const recorded = provenance.records.findLast(({ transfer_of }) => transfer_of !== null)?.transfer_of ?? null;
  const paired = await readTransfer(reader, request, own);
  const other = recorded ?? paired.otherLeg?.tx_id ?? null;
  return {
    row,
    sameMerchant,
    otherLeg:
      other === null
        ? nobody
        : await near(`tx_id = ${quoteLiteral(other)}`, 1, await idCondition(reader, prepared, other)),
    isTransfer: recorded !== null || paired.isTransfer,
    provenance,
  };
}

/** By the same pairing as the reports; of the legs that fit, the nearest. */
async function readTransfer(
  reader: DuckDbReader,
  request: Parameters<typeof transferExpressions>[0],
  own: TransactionRow & { readonly row_id: string; readonly day: string | null },
): Promise<{ readonly otherLeg: TransactionRow | null; readonly isTransfer: boolean }> {
  const { vocabulary } = request;
  if (own.day === null || own.normalized_amount === null || !mayHoldTransfers(vocabulary))
    return { otherLeg: null, isTransfer: false };
  const legs = transferExpressions(request, ['tx_id'], legCondition(vocabulary)).join(',\n');
  const found = await reader.all<TransactionRow & { is_own: boolean }>(
    `WITH ${legs}
SELECT ${TRANSACTION_COLUMNS.map((name) => `t."${name}"`).join(', ')}, t.rowid = ${own.row_id} AS is_own
FROM ${request.source.table} AS t
WHERE t.rowid IN (SELECT row_id FROM transfer_legs)
  AND (t.rowid = ${own.row_id} OR (t.normalized_amount = -(${own.normalized_amount}) AND t.account_id IS DISTINCT FROM $account
    AND abs(t."timestamp"::DATE - DATE '${own.day}') <= ${TRANSFER_DAYS}))
ORDER BY is_own DESC, abs(t."timestamp"::DATE - DATE '${own.day}'), t.rowid LIMIT 2`,
    { account: own.account_id },
  );
  if (!found.some(({ is_own }) => is_own)) return { otherLeg: null, isTransfer: false };
  const other = found.find(({ is_own }) => !is_own);
  if (other === undefined) return { otherLeg: null, isTransfer: true };
  const { is_own, ...otherLeg } = other;
  return { otherLeg: otherLeg as unknown as TransactionRow, isTransfer: true };
}
