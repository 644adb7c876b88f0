import { rememberBaseCurrencySql } from '../../duckdb/baseCurrencyState.ts';
import { openWorkspace } from '../../duckdb/publish.ts';
import { STATE_DDL, STATE_FORMAT, type StateRow, writeStateSql } from '../../duckdb/syncState.ts';
import { openWorkingCopy, type WorkingCopy } from '../../duckdb/workingCopy.ts';
import { DEFAULT_SAMPLE_ROWS, generateSample } from '../../model/household/generate.ts';
import { quoteIdentifier, quoteLiteral } from '../../model/identifier.ts';
import { STATE_SCHEMA } from '../../model/tableName.ts';
import {
  columnType,
  TRANSACTIONS_COLUMNS,
  TRANSACTIONS_KEY,
  type TransactionsRow,
} from '../../model/transactionsTable.ts';
import { VERSION } from '../../version.ts';
import { createReadyViews } from './readyViews.ts';

export interface SampleFileRequest {
  readonly duckdbPath: string;
  readonly baseCurrency: string;
  /** Permissions of the file. */
  readonly fileMode: number;
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

const ROWS_A_STATEMENT = 500;

/**
 * Publishes the built-in sample as the DuckDB file, marked as such, so that somebody without PostgreSQL has something to
 * look at. The caller makes sure that nothing was ever published: sample data never takes the place of real data.
 */
export async function publishSampleFile(request: SampleFileRequest): Promise<void> {
  const { now, signal } = request;
  const workspace = await openWorkspace(request.duckdbPath, {
    waitMs: 0,
    fileMode: request.fileMode,
    now: now(),
    signal,
  });
  try {
    const copy = await openWorkingCopy(workspace.copyPath, {
      memory: '200MB',
      threads: 1,
      temporaryFolder: workspace.temporaryFolder,
    });
    try {
      await fill(copy, request);
      await copy.close();
    } catch (error) {
      copy.abandon();
      throw error;
    }
    await workspace.publish(now());
  } finally {
    workspace.close();
  }
}

async function fill(copy: WorkingCopy, request: SampleFileRequest): Promise<void> {
  const about = { format: STATE_FORMAT, sample: 'true', tool: VERSION };
  const rows = [...generateSample({ rows: DEFAULT_SAMPLE_ROWS, currency: request.baseCurrency })];
  await copy.run('BEGIN TRANSACTION');
  for (const statement of STATE_DDL) await copy.run(statement);
  for (const [name, value] of Object.entries(about))
    await copy.run(`INSERT INTO ${STATE_SCHEMA}.about VALUES (${quoteLiteral(name)}, ${quoteLiteral(value)})`);
  await copy.run(
    rememberBaseCurrencySql({ currency: request.baseCurrency, from: 'setting', evidence: [], known: null }),
  );
  const columns = sampleColumns().map(({ name, duckdbType }) => `${quoteIdentifier(name)} ${duckdbType}`);
  await copy.run(`CREATE TABLE transactions (${columns.join(', ')})`);
  for (let from = 0; from < rows.length; from += ROWS_A_STATEMENT) {
    const values = rows.slice(from, from + ROWS_A_STATEMENT).map(rowLiteral);
    await copy.run(`INSERT INTO transactions VALUES ${values.join(', ')}`);
  }
  for (const statement of writeStateSql([sampleState(rows.length, request.now())])) await copy.run(statement);
  await createReadyViews(copy, [{ table: { schema: 'public', name: 'transactions' }, columns: sampleColumns() }]);
  await copy.run('COMMIT');
}

function rowLiteral(row: TransactionsRow): string {
  return `(${row.map((value) => (value === null ? 'NULL' : quoteLiteral(value))).join(', ')})`;
}

function sampleColumns(): { name: string; duckdbType: string }[] {
  return TRANSACTIONS_COLUMNS.map((column) => ({
    name: column.name,
    duckdbType: duckdbTypeOf(columnType(column.rule)),
  }));
}

/** PostgreSQL's names are DuckDB's too, but for text, whose length DuckDB does not keep. */
function duckdbTypeOf(type: string): string {
  return type.startsWith('character varying') ? 'VARCHAR' : type.replace('numeric', 'DECIMAL');
}

function sampleState(rows: number, now: Date): StateRow {
  return {
    table: { schema: 'public', name: 'transactions' },
    identity: { systemIdentifier: null, databaseOid: '0', timeline: null, lsn: null },
    tableOid: '0',
    fingerprint: 'sample',
    snapshot: '0:0:',
    leaves: [],
    gated: false,
    key: [TRANSACTIONS_KEY],
    columns: [],
    rows: BigInt(rows),
    mode: 'sample',
    reason: 'PostgreSQL was not there, and nothing had been published',
    upserted: BigInt(rows),
    deleted: 0n,
    seconds: 0,
    syncedAt: now.toISOString(),
    toolVersion: VERSION,
  };
}
