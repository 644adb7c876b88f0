import { isFinanceDbError } from '../../errors/financeDbError.ts';
import { quoteIdentifier, quoteLiteral } from '../../model/identifier.ts';
import { postgresTable, type TableName } from '../../model/tableName.ts';
import type { PgSession } from '../session.ts';
import { holds } from './answers.ts';

/** For fewer rows than this, making indexes anew costs more than it spares. */
const MANY = 10_000;

/** An index that can be dropped and made anew so that nobody can tell. */
interface Index {
  readonly drop: string;
  readonly make: string;
}

/**
 * Fills a table, one that is empty without its indexes: building them from all rows takes a fifth of the time that keeping them up
 * row by row does. Whoever reads the empty table meanwhile waits until the caller's transaction ends. A table that somebody uses at
 * this moment, that has triggers or that the role does not own is filled as it is, and so is one that has rows: its readers would
 * wait for too long.
 * @param rows how many are to come
 */
export async function fillWithoutIndexes(
  session: PgSession,
  table: TableName,
  rows: number,
  fill: () => Promise<void>,
): Promise<void> {
  const indexes = rows < MANY ? [] : await putAside(session, table);
  await fill();
  for (const { make } of indexes) await session.query(make);
}

/** @returns what was dropped, in the order in which it was made once; nothing where the table is to be left as it is */
export async function putAside(session: PgSession, table: TableName): Promise<readonly Index[]> {
  const name = postgresTable(table);
  if (await holds(session, `SELECT FROM ${name}`)) return [];
  const indexes = await replaceable(session, table);
  if (indexes.length === 0) return [];
  await session.query('SAVEPOINT indexes');
  try {
    // Never waits: a reader that it would wait for may itself wait for this transaction.
    await session.query(
      `LOCK TABLE ${name} IN ACCESS EXCLUSIVE MODE NOWAIT; ${indexes.map(({ drop }) => drop).join('; ')}`,
    );
  } catch (error) {
    if (!isFinanceDbError(error)) throw error;
    await session.query('ROLLBACK TO SAVEPOINT indexes; RELEASE SAVEPOINT indexes');
    return [];
  }
  await session.query('RELEASE SAVEPOINT indexes');
  return indexes;
}

/**
 * The indexes of which all is said by the statement that makes them: nobody has commented, clustered by or otherwise marked them, and
 * nothing (a foreign key, a view) depends on them. None where a trigger may be pending, which would forbid making them anew.
 */
async function replaceable(session: PgSession, table: TableName): Promise<Index[]> {
  const marks = `
  -- What depends on the index or its constraint, but for those two on each other.
  SELECT FROM pg_catalog.pg_depend d
  WHERE ((d.refclassid = 'pg_class'::regclass AND d.refobjid = x.indexrelid) OR (d.refclassid = 'pg_constraint'::regclass AND d.refobjid = n.oid))
    AND NOT (d.classid = 'pg_class'::regclass AND d.objid = x.indexrelid)
  UNION ALL
  SELECT FROM pg_catalog.pg_description m
  WHERE (m.classoid = 'pg_class'::regclass AND m.objoid = x.indexrelid) OR (m.classoid = 'pg_constraint'::regclass AND m.objoid = n.oid)`;
  const rows = await session.query<{ name: string; definition: string; constraint: string | null }>(`
SELECT i.relname AS name, pg_catalog.pg_get_indexdef(i.oid) AS definition, pg_catalog.pg_get_constraintdef(n.oid) AS constraint
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace
JOIN pg_catalog.pg_index x ON x.indrelid = c.oid
JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
LEFT JOIN pg_catalog.pg_constraint n ON n.conindid = i.oid AND n.conrelid = c.oid AND n.contype IN ('p', 'u', 'x')
WHERE c.oid = pg_catalog.to_regclass(${quoteLiteral(postgresTable(table))}) AND c.relkind = 'r' AND NOT c.relispartition
  AND pg_catalog.pg_has_role(c.relowner, 'USAGE') AND pg_catalog.has_schema_privilege(s.oid, 'CREATE')
  AND pg_catalog.current_setting('default_tablespace') = '' AND i.reltablespace = 0
  AND x.indisvalid AND x.indexprs IS NULL AND NOT x.indisclustered AND NOT x.indisreplident
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid)
  AND NOT EXISTS (${marks})
ORDER BY i.oid`);
  const target = postgresTable(table);
  return rows.map(({ name, definition, constraint }) => {
    const quoted = quoteIdentifier(name);
    return constraint === null
      ? { drop: `DROP INDEX ${quoteIdentifier(table.schema)}.${quoted}`, make: definition }
      : {
          drop: `ALTER TABLE ${target} DROP CONSTRAINT ${quoted}`,
          make: `ALTER TABLE ${target} ADD CONSTRAINT ${quoted} ${constraint}`,
        };
  });
}
