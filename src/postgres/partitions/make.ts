import { FinanceDbError } from '../../errors/financeDbError.ts';
import { quoteIdentifier, quoteLiteral } from '../../model/identifier.ts';
import { type Month, monthBound, monthOf, monthText, partitionName } from '../../model/partitions.ts';
import { displayName, postgresTable, type TableName } from '../../model/tableName.ts';
import type { PgSession } from '../session.ts';
import type { PartitionedTable } from './read.ts';

/** Rights that a role lacks for changing the partitions of a table, in words; empty when it lacks none. */
export function missingRights({ table, owner, owned, creates }: PartitionedTable): string[] {
  return [
    ...(owned ? [] : [`to own ${displayName(table)}, which ${owner} does`]),
    ...(creates ? [] : [`CREATE ON SCHEMA ${quoteIdentifier(table.schema)}`]),
  ];
}

/** The months of `wanted` that have no partition. */
export function missingMonths({ partitions }: PartitionedTable, wanted: readonly Month[]): Month[] {
  const made = new Set(partitions.map(monthOf));
  return wanted.filter((month) => !made.has(month));
}

/**
 * Makes partitions of months that have none, within the caller's transaction. A table is made first and then attached, which
 * takes a lock on the whole that lets readers and writers pass, where CREATE TABLE … PARTITION OF would wait for all of them and
 * keep new ones waiting. It is empty, so that nothing has to be checked. A default partition is locked and read through, though.
 * @throws FinanceDbError PG_PERMISSION naming the rights that are missing and the SQL for the owner; PG_QUERY where a table has the
 *   name; PG_LOCKED
 */
export async function makeMonths(
  session: PgSession,
  partitioned: PartitionedTable,
  months: readonly Month[],
): Promise<TableName[]> {
  if (months.length === 0) return [];
  requireRightsToMake(partitioned, months);
  const made = months.map((month) => ({ month, leaf: leafOf(partitioned, month) }));
  await refuseTaken(session, partitioned, months);
  await session.query(made.map(({ month, leaf }) => makeSql(partitioned, leaf, month)).join(';\n'));
  return made.map(({ leaf }) => leaf);
}

function leafOf({ table, partitions }: PartitionedTable, month: Month): TableName {
  return { schema: table.schema, name: partitionName(table.name, month, partitions) };
}

function makeSql({ table, type, owner, role }: PartitionedTable, leaf: TableName, month: Month): string {
  const own = owner === role ? '' : `ALTER TABLE ${postgresTable(leaf)} OWNER TO ${quoteIdentifier(owner)};\n`;
  // No indexes: those of the table are made by attaching. By what is left out, since PostgreSQL before 14 knows no COMPRESSION.
  return `CREATE TABLE ${postgresTable(leaf)} (LIKE ${postgresTable(table)}
  INCLUDING ALL EXCLUDING INDEXES EXCLUDING IDENTITY EXCLUDING STATISTICS EXCLUDING COMMENTS);
${own}ALTER TABLE ${postgresTable(table)} ATTACH PARTITION ${postgresTable(leaf)} ${boundsOf(month, type ?? '')}`;
}

function boundsOf(month: Month, type: string): string {
  const [from, to] = [monthBound(month, type), monthBound(month + 1, type)];
  return `FOR VALUES FROM (${quoteLiteral(from)}) TO (${quoteLiteral(to)})`;
}

/** @throws FinanceDbError PG_PERMISSION naming the rights that are missing and the SQL for the owner */
export function requireRightsToMake(partitioned: PartitionedTable, months: readonly Month[]): void {
  const missing = missingRights(partitioned);
  if (missing.length === 0) return;
  const { table, role, type } = partitioned;
  const name = displayName(table);
  const some = months.slice(0, 3).map((month) => monthText(month));
  const more = months.length > some.length ? ` and ${months.length - some.length} more` : '';
  const sql = months.map(
    (month) =>
      `CREATE TABLE ${postgresTable(leafOf(partitioned, month))} PARTITION OF ${postgresTable(table)} ${boundsOf(month, type ?? '')}`,
  );
  throw new FinanceDbError(
    'PG_PERMISSION',
    `${name} has no partition for ${some.join(', ')}${more}, and the role ${role} may not make one: it lacks ${missing.join('; ')}`,
    {
      remedy: `let its owner run: ${sql.slice(0, 3).join('; ')}${sql.length > 3 ? '; …' : ''}`,
      details: { table: name, role, missing, months: months.map((month) => monthText(month)), sql },
    },
  );
}

interface NamedMonth {
  readonly month: Month;
  readonly leaf: TableName;
}

/** Of months without a partition those whose partition would be called as another table is: a month that was detached keeps its name and its rows. */
export async function takenMonths(
  session: PgSession,
  partitioned: PartitionedTable,
  months: readonly Month[],
): Promise<NamedMonth[]> {
  if (months.length === 0) return [];
  const named = months.map((month) => ({ month, leaf: leafOf(partitioned, month) }));
  const taken = await session.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = ${quoteLiteral(partitioned.table.schema)} AND c.relname IN (${named.map(({ leaf }) => quoteLiteral(leaf.name)).join(', ')})`,
  );
  const names = new Set(taken.map(({ name }) => name));
  return named.filter(({ leaf }) => names.has(leaf.name));
}

/** @throws FinanceDbError PG_TABLE_SHAPE naming the first month whose name is taken */
async function refuseTaken(session: PgSession, partitioned: PartitionedTable, months: readonly Month[]): Promise<void> {
  const { table } = partitioned;
  const [one] = await takenMonths(session, partitioned, months);
  if (one === undefined) return;
  const [whole, leaf] = [displayName(table), displayName(one.leaf)];
  throw new FinanceDbError(
    'PG_TABLE_SHAPE',
    `${monthText(one.month)} has no partition in ${whole}, and ${leaf}, as it would be called, is a table of its own`,
    {
      remedy: `if it was detached, attach it again: ALTER TABLE ${postgresTable(table)} ATTACH PARTITION ${postgresTable(one.leaf)} ${boundsOf(one.month, partitioned.type ?? '')}; else rename it`,
      details: { table: whole, partition: leaf },
    },
  );
}
