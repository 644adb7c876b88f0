import { DuckDBInstance } from '@duckdb/node-api';
import { TRANSACTIONS_KEY, TRANSACTIONS_NAMES } from '../../src/model/transactionsTable.ts';

/**
 * Compares a peer's table with ours, which `validate` has proven: rows by their key, and each value as our column's type.
 * @returns in words what is wrong with the peer's
 */
export async function exactness(ours: string, peers: string): Promise<string> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    // Some make TIMESTAMPTZ of TIMESTAMP, as if it were UTC.
    await connection.run("SET TimeZone = 'UTC'");
    await connection.run(`ATTACH '${ours}' AS ours (READ_ONLY); ATTACH '${peers}' AS peers (READ_ONLY)`);
    const types = await connection.runAndReadAll(
      `SELECT o.column_name AS name, o.data_type AS ours, p.data_type AS peers FROM duckdb_columns() o LEFT JOIN duckdb_columns() p ON p.database_name = 'peers' AND p.table_name = 'transactions' AND p.schema_name = 'main' AND p.column_name = o.column_name WHERE o.database_name = 'ours' AND o.table_name = 'transactions' AND o.schema_name = 'main'`,
    );
    const typed = types.getRowObjectsJson() as { name: string; ours: string; peers: string | null }[];
    const other = typed.filter((column) => column.ours !== column.peers);
    const present = typed.filter((column) => column.peers !== null && column.name !== TRANSACTIONS_KEY);
    const wrong = present.map(
      ({ name, ours: type }) =>
        `count(*) FILTER (WHERE o.k AND p.k AND o."${name}" IS DISTINCT FROM TRY_CAST(p."${name}" AS ${type}))`,
    );
    const side = (database: string): string =>
      `(SELECT true AS k, ${TRANSACTIONS_NAMES.filter((name) => typed.some((column) => column.name === name && column.peers !== null)).map((name) => `"${name}"`)} FROM ${database}.main.transactions)`;
    const found = await connection.runAndReadAll(
      `SELECT count(*) FILTER (WHERE p.k IS NULL) AS missing, count(*) FILTER (WHERE o.k IS NULL) AS extra, (${wrong.join(' + ')}) AS wrong FROM ${side('ours')} AS o FULL JOIN ${side('peers')} AS p USING (${TRANSACTIONS_KEY})`,
    );
    const [counts] = found.getRowObjectsJson() as { missing: string; extra: string; wrong: string }[];
    const parts = [
      ...(counts?.missing === '0' ? [] : [`${counts?.missing} rows missing`]),
      ...(counts?.extra === '0' ? [] : [`${counts?.extra} rows too many`]),
      ...(counts?.wrong === '0' ? [] : [`${counts?.wrong} values wrong`]),
    ];
    const typeNote =
      other.length === 0
        ? ''
        : `; other types: ${other.map(({ name, peers: type }) => `${name} ${type ?? 'lost'}`).join(', ')}`;
    return `${parts.length === 0 ? 'exact' : parts.join(', ')}${typeNote}`;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
