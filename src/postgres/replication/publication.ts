import { FinanceDbError } from '../../errors/financeDbError.ts';
import { quoteIdentifier, quoteLiteral } from '../../model/identifier.ts';
import type { SourceTable } from '../../model/sourceTable.ts';
import { displayName, postgresTable } from '../../model/tableName.ts';
import { askPinned } from '../pinned.ts';
import type { PgSession } from '../session.ts';
import { refused } from './followable.ts';

/** What a publication is called unless --publication says otherwise. */
export const DEFAULT_PUBLICATION = 'finance_db';

interface Publication {
  readonly flags: boolean;
  readonly tables: readonly {
    readonly oid: string;
    readonly columns: readonly string[] | null;
    readonly filter: string | null;
  }[];
}

/** @returns null when there is no publication of that name */
async function readPublication(session: PgSession, name: string, version: number): Promise<Publication | null> {
  const parts = version >= 150_000 ? "'columns', t.attnames, 'filter', t.rowfilter" : "'columns', NULL, 'filter', NULL";
  const rows = await askPinned<{ document: string }>(
    session,
    `SELECT json_build_object('flags', p.pubinsert AND p.pubupdate AND p.pubdelete AND p.pubtruncate, 'tables', coalesce((
       SELECT json_agg(json_build_object('oid', c.oid::text, ${parts}))
       FROM pg_catalog.pg_publication_tables t JOIN pg_catalog.pg_namespace n ON n.nspname = t.schemaname
       JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = t.tablename WHERE t.pubname = p.pubname), '[]'))::text AS document
     FROM pg_catalog.pg_publication p WHERE p.pubname = ${quoteLiteral(name)}`,
  );
  const [row] = rows;
  return row === undefined ? null : (JSON.parse(row.document) as Publication);
}

/**
 * Makes sure that the publication is there and publishes every kind of change.
 * @returns what makes sure that it publishes every row and column of a table; it throws PG_PUBLICATION naming what is missing, with
 *   the SQL that its owner needs, and FOLLOW_REFUSED for a table whose generated columns no stream tells
 * @throws FinanceDbError PG_PUBLICATION
 */
export async function requirePublication(
  session: PgSession,
  name: string,
  sources: readonly SourceTable[],
  version: number,
): Promise<(source: SourceTable) => void> {
  const found = await readPublication(session, name, version);
  if (found === null)
    throw new FinanceDbError('PG_PUBLICATION', `there is no publication ${name} in ${session.where}`, {
      remedy: `let its owner run: ${createPublicationSql(name, sources)}; or run \`finance-db sync\`, which needs none`,
    });
  if (!found.flags)
    throw new FinanceDbError(
      'PG_PUBLICATION',
      `the publication ${name} leaves out inserts, updates, deletes or truncates`,
      {
        remedy: `let its owner run: ALTER PUBLICATION ${quoteIdentifier(name)} SET (publish = 'insert, update, delete, truncate')`,
      },
    );
  return (source) => requireTable(found, name, source, version);
}

/** Makes the publication of the embedded server, which is ours, or adds to it what it lacks. */
export async function ensurePublication(
  session: PgSession,
  name: string,
  sources: readonly SourceTable[],
  version: number,
): Promise<void> {
  const found = await readPublication(session, name, version);
  if (found === null) {
    await session.query(createPublicationSql(name, sources));
    return;
  }
  for (const { oid, table, leaves } of sources) {
    const known = found.tables.some(
      (published) => published.oid === oid || leaves.some((leaf) => leaf.oid === published.oid),
    );
    if (!known) await session.query(`ALTER PUBLICATION ${quoteIdentifier(name)} ADD TABLE ${postgresTable(table)}`);
  }
}

function requireTable({ tables }: Publication, name: string, source: SourceTable, version: number): void {
  const root = tables.filter(({ oid }) => oid === source.oid);
  const leaves = source.leaves.map(({ oid }) => tables.find((table) => table.oid === oid));
  const published = root.length > 0 ? root : leaves.filter((leaf) => leaf !== undefined);
  const whole = root.length > 0 || (leaves.length > 0 && published.length === leaves.length);
  const table = displayName(source.table);
  if (!whole)
    throw new FinanceDbError('PG_PUBLICATION', `the publication ${name} does not publish ${table}`, {
      remedy: `let its owner run: ALTER PUBLICATION ${quoteIdentifier(name)} ADD TABLE ${postgresTable(source.table)}; or run \`finance-db sync\``,
    });
  if (published.some(({ filter }) => filter !== null))
    throw new FinanceDbError('PG_PUBLICATION', `the publication ${name} publishes only some rows of ${table}`, {
      remedy: 'name another publication with --publication, one without a row filter',
    });
  // Before 18 no generated column is sent, though 15 lists them among those that are published.
  const untold = version < 180_000;
  const missing = source.columns.find(({ name: column, generated }) =>
    published.some(({ columns }) =>
      columns === null || untold
        ? generated !== null || columns?.includes(column) === false
        : !columns.includes(column),
    ),
  );
  if (missing === undefined) return;
  if (missing.generated !== null)
    throw refused(
      source,
      `the stream does not tell its generated column ${missing.name}`,
      version >= 180_000
        ? `for a stored one let the publication's owner run: ALTER PUBLICATION ${quoteIdentifier(name)} SET (publish_generated_columns = stored); else leave the table to \`finance-db sync\` (FINANCE_DB_TABLES)`
        : 'leave the table to `finance-db sync` (FINANCE_DB_TABLES); from PostgreSQL 18 on stored ones can be published',
      { column: missing.name },
    );
  throw new FinanceDbError(
    'PG_PUBLICATION',
    `the publication ${name} leaves out the column ${missing.name} of ${table}`,
    {
      remedy: 'name another publication with --publication, one without a list of columns',
    },
  );
}

/** SQL of a publication of these tables, in one line. */
export function createPublicationSql(name: string, sources: readonly Pick<SourceTable, 'table' | 'kind'>[]): string {
  const options = sources.some(({ kind }) => kind === 'p') ? ' WITH (publish_via_partition_root = true)' : '';
  const tables = sources.map(({ table }) => postgresTable(table)).join(', ');
  return `CREATE PUBLICATION ${quoteIdentifier(name)} FOR TABLE ${tables}${options}`;
}
