import { createHash } from 'node:crypto';
import { postgresTable, type TableName } from './tableName.ts';

/** A table of the source, as its catalogue describes it. */
export interface SourceTable {
  readonly table: TableName;
  readonly oid: string;
  /** pg_class.relkind: r table, p partitioned, v view, m materialized view, f foreign table. */
  readonly kind: string;
  readonly unlogged: boolean;
  /** Why its rows are not simply those of heap tables of this server, in words; null when they are: see `otherStorage`. */
  readonly otherStorage: string | null;
  /** Row-level security filters what this role sees, which can change without any row changing. */
  readonly rowSecurity: boolean;
  /** It has children by plain inheritance, whose keys nobody holds unique. */
  readonly inherited: boolean;
  /** Pages of the main fork now; 0 where there is no storage. */
  readonly pages: number;
  /** Of the file that holds its rows; another one after each rewrite. `0` where there is no storage. */
  readonly filenode: string;
  /** How many rows were deleted since the server began to count: late by seconds, with rolled-back ones; null when not counted. A hint, no more. */
  readonly deletes: string | null;
  readonly columns: readonly SourceColumn[];
  /** Columns of the primary key, or of another unique key over not-null columns, that no two rows share; null when there is none. */
  readonly key: readonly string[] | null;
  /** The first column by whose ranges a partitioned table is divided, at its first level; null when it is not, or by something else. */
  readonly dividedBy: string | null;
  /** Leaf partitions of a partitioned table, in the order of their bounds, level by level. */
  readonly leaves: readonly Leaf[];
}

export interface Leaf {
  readonly oid: string;
  readonly kind: string;
  readonly pages: number;
  /** As of the table. */
  readonly deletes: string | null;
  readonly schema: string;
  readonly name: string;
  readonly filenode: string;
  /** Whether this role may read it by its own name, and would see there what it sees through the table. */
  readonly readable: boolean;
  /** Whether it takes the rows that no other partition takes. */
  readonly isDefault: boolean;
  /** SQL that is true for all of its rows and by which PostgreSQL finds it among the others; null when there is no such. */
  readonly constraint: string | null;
}

export interface SourceColumn {
  readonly name: string;
  /** pg_attribute.attnum: tells a column from another of the same name that took its place. */
  readonly number: number;
  /** Whether PostgreSQL enforces it for all rows that are read, those of children and partitions included. */
  readonly notNull: boolean;
  /** The generating expression, or null. */
  readonly generated: string | null;
  /** The type, domains resolved. */
  readonly type: SourceType;
  /** The declared type and everything it is made of, for the fingerprint. */
  readonly typeParts: readonly { formatted: string; labels: string[] | null; attributes: string[] | null }[];
}

export interface SourceType {
  /** Qualified unless built in: `numeric`, `public.citext`. */
  readonly name: string;
  readonly bareName: string;
  readonly builtIn: boolean;
  /** pg_type.typtype: b base, c composite, e enum, r range, m multirange. */
  readonly kind: string;
  readonly typmod: number;
  /** As PostgreSQL writes it: `numeric(15,2)`. */
  readonly formatted: string;
  readonly element: SourceType | null;
}

/** One relation that holds rows of a table: itself, a leaf partition, or a child by inheritance. */
export interface RowHolder {
  readonly kind: string;
  /** pg_am.amname; null for what has no storage of its own. */
  readonly access_method: string | null;
  /** Whether Citus keeps its rows on other servers. */
  readonly distributed: boolean;
}

/**
 * Why the rows of a table are not all kept in heap tables of this server, whose row versions and transaction ids are all
 * that is known about what changed; null when they are.
 */
export function otherStorage(holders: readonly RowHolder[]): string | null {
  if (holders.some(({ kind }) => kind === 'f')) return 'a foreign table has no row versions to follow';
  if (holders.some(({ distributed }) => distributed))
    return 'Citus distributes the table, and what its nodes write shows in no transaction of this server';
  const other = holders.find(({ access_method: method }) => method !== null && method !== 'heap');
  return other === undefined
    ? null
    : `the access method ${other.access_method} does not keep row versions as heap does`;
}

/** How many rows the server has counted as deleted, by the oids of the table and of its leaves; nothing of those that it does not count. */
export function deletesOf({ oid, deletes, leaves }: SourceTable): Map<string, string> {
  return new Map(
    [{ oid, deletes }, ...leaves].flatMap((one): [string, string][] =>
      one.deletes === null ? [] : [[one.oid, one.deletes]],
    ),
  );
}

/** Whether a column of the user's is called like DuckDB's number of a row, so that SQL cannot reach that. */
export function hidesRowid(source: SourceTable): boolean {
  return source.columns.some((column) => column.name.toLowerCase() === 'rowid');
}

/**
 * What to put behind FROM to read the table's rows. Which partitions belong to a table is no part of a snapshot: one that is
 * attached meanwhile would show in the next query. So its rows are those of the leaves that were found at the beginning.
 */
export function rowsOf(source: SourceTable): string {
  const table = postgresTable(source.table);
  if (source.kind !== 'p') return table;
  const leaves = source.leaves.map((leaf) => leaf.oid).join(',');
  return `(SELECT tableoid, xmin, ctid, * FROM ${table} WHERE tableoid = ANY ('{${leaves}}'::oid[])) AS rows`;
}

/**
 * A digest of all that decides what a stored row means: columns with their numbers, types (with enum labels,
 * attributes, generating expressions) and the key. When it changes, rows that were not touched may read differently,
 * so that only a full load is exact.
 * @param mappingVersion changes whenever this tool maps types in another way
 */
export function fingerprint(source: SourceTable, mappingVersion: number): string {
  const columns = source.columns.map((column) => [
    column.name,
    column.number,
    column.notNull,
    column.generated,
    column.typeParts,
  ]);
  // Left out where there is nothing to say, so that files of before keep their fingerprints.
  const storage = source.otherStorage === null ? [] : [source.otherStorage];
  // Rows that a policy hid are not in the file, and are as old as ever when it hides them no more, or not from another role.
  const policies = source.rowSecurity ? ['row-level security'] : [];
  return createHash('sha256')
    .update(JSON.stringify([mappingVersion, source.kind, columns, source.key, ...storage, ...policies]))
    .digest('hex')
    .slice(0, 32);
}
