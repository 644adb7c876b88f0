import fs from 'node:fs';
import type { DuckDbReader } from '../../src/duckdb/reader.ts';

interface Row {
  readonly day: string;
  readonly merchant: string;
  readonly account: string;
  readonly category: string;
  readonly amount: string;
}

/** The title of the Beancount file, which is in the addresses of Fava. */
export const LEDGER_TITLE = 'bench';

/**
 * Writes all transactions of a file as Beancount and hledger read them: from an account to an expense, in one currency.
 * @returns how many
 */
export async function writeLedgers(reader: DuckDbReader, beancount: string, journal: string): Promise<number> {
  const rows =
    await reader.all<Row>(`SELECT "timestamp"::DATE AS day, merchant, replace(account_id, '-', '') AS account,
    replace(category, ' ', '-') AS category, normalized_amount AS amount FROM transactions ORDER BY "timestamp"`);
  const accounts = new Set(rows.flatMap(({ account, category }) => [assets(account), `Expenses:${category}`]));
  const opened = [...accounts].map((account) => `2000-01-01 open ${account}\n`).join('');
  const head = `option "title" "${LEDGER_TITLE}"\noption "operating_currency" "USD"\n${opened}`;
  const entry = ({ day, account, category, amount }: Row, title: string): string =>
    `${day} * ${title}\n  ${assets(account)}  ${amount} USD\n  Expenses:${category}\n\n`;
  fs.writeFileSync(beancount, head + rows.map((row) => entry(row, `${JSON.stringify(row.merchant)} ""`)).join(''));
  fs.writeFileSync(journal, rows.map((row) => entry(row, row.merchant)).join(''));
  return rows.length;
}

function assets(account: string): string {
  return `Assets:${account[0]?.toUpperCase()}${account.slice(1)}`;
}
