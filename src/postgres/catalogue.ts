import { FinanceDbError } from '../errors/financeDbError.ts';
import { otherStorage, type SourceColumn, type SourceTable, type SourceType } from '../model/sourceTable.ts';
import { displayName, type TableName } from '../model/tableName.ts';
import {
  type CitusCatalogue,
  type ColumnDocument,
  catalogueSql,
  type TableDocument,
  type TypeDocument,
} from './catalogueSql.ts';
import type { PgSession } from './session.ts';

/**
 * Describes the tables from PostgreSQL's catalogue, as the session's transaction sees them.
 * @param ask how to ask: in the transaction that is open and pinned, or pinned for itself
 * @throws FinanceDbError PG_TABLE_MISSING naming the first table that does not exist; PG_PERMISSION for one that
 *   the role may not read.
 */
export async function describeTables(
  session: PgSession,
  tables: readonly TableName[],
  ask: Ask = inTransaction,
): Promise<SourceTable[]> {
  const [row] = await ask<{ document: string; citus: CitusCatalogue }>(session, catalogueSql(tables));
  const documents = JSON.parse(row?.document ?? '[]') as (TableDocument | null)[];
  const distributed = await findDistributed(session, row?.citus ?? 'absent', ask);
  return tables.map((table, index) => {
    const document = documents[index];
    if (document === null || document === undefined) throw missing(table, session.where);
    if (!document.readable) throw notReadable(table);
    return toSourceTable(table, document, distributed);
  });
}

type Ask = <R>(session: PgSession, question: string) => Promise<R[]>;

/** Tells of a table's oid whether Citus distributes it: of every one where the role may not see. */
async function findDistributed(session: PgSession, citus: CitusCatalogue, ask: Ask): Promise<(oid: number) => boolean> {
  if (citus !== 'readable') return () => citus === 'hidden';
  const rows = await ask<{ oid: string }>(
    session,
    'SELECT logicalrelid::oid::text AS oid FROM pg_catalog.pg_dist_partition',
  );
  const oids = new Set(rows.map(({ oid }) => oid));
  return (oid) => oids.has(String(oid));
}

function inTransaction<R>(session: PgSession, question: string): Promise<R[]> {
  return session.query<R>(question);
}

function missing(table: TableName, where: string): FinanceDbError {
  return new FinanceDbError('PG_TABLE_MISSING', `the table ${displayName(table)} does not exist in ${where}`, {
    details: { table: displayName(table) },
  });
}

function notReadable(table: TableName): FinanceDbError {
  return new FinanceDbError('PG_PERMISSION', `permission denied for table ${displayName(table)}`, {
    details: { table: displayName(table) },
  });
}

function toSourceTable(
  table: TableName,
  document: TableDocument,
  isDistributed: (oid: number) => boolean,
): SourceTable {
  const parts = [...document.leaves, ...document.children];
  const holders = [document, ...parts].map(({ oid, kind, access_method }) => ({
    ...{ kind, access_method },
    distributed: isDistributed(oid),
  }));
  const storage = otherStorage(holders);
  const nullable = new Set(parts.flatMap((part) => part.nullable ?? []));
  return {
    table,
    oid: String(document.oid),
    kind: document.kind,
    unlogged: [document, ...parts].some(({ persistence }) => persistence === 'u'),
    otherStorage: storage,
    rowSecurity: document.row_security,
    inherited: document.inherited,
    pages: document.pages,
    filenode: document.filenode,
    deletes: document.deletes,
    columns: (document.columns ?? []).map((column) => {
      // What is declared for a foreign table is nowhere enforced, and what for nodes of a cluster, not here.
      const notNull = column.not_null && storage === null && !nullable.has(column.name);
      return toColumn(column, notNull);
    }),
    key: document.key,
    dividedBy: document.divided_by,
    leaves: document.leaves.map((leaf) => ({
      ...{ oid: String(leaf.oid), kind: leaf.kind, pages: leaf.pages, schema: leaf.schema, name: leaf.name },
      ...{ filenode: leaf.filenode, readable: leaf.readable, isDefault: leaf.is_default, constraint: leaf.constraint },
      deletes: leaf.deletes,
    })),
  };
}

function toColumn(document: ColumnDocument, notNull: boolean): SourceColumn {
  const [first] = document.types;
  if (first === undefined) throw new FinanceDbError('INTERNAL', `the column ${document.name} has no type`);
  return {
    name: document.name,
    number: document.number,
    notNull,
    generated: document.generated === '' ? null : document.expression,
    type: resolveType(first, document.types),
    typeParts: document.types.map(({ formatted, labels, attributes }) => ({ formatted, labels, attributes })),
  };
}

/** Follows domains to their base type and arrays to their element. The innermost domain's typmod counts. */
function resolveType(document: TypeDocument, all: readonly TypeDocument[]): SourceType {
  const find = (oid: number): TypeDocument | undefined => all.find((candidate) => candidate.oid === oid);
  if (document.kind === 'd') {
    const base = find(document.base);
    if (base !== undefined) return resolveType(base, all);
  }
  const element = document.element === 0 ? undefined : find(document.element);
  return {
    name: document.schema === 'pg_catalog' ? document.name : `${document.schema}.${document.name}`,
    bareName: document.name,
    builtIn: document.schema === 'pg_catalog',
    kind: document.kind,
    typmod: document.typmod,
    formatted: document.formatted,
    element: element === undefined ? null : resolveType(element, all),
  };
}
