import { FinanceDbError } from '../../errors/financeDbError.ts';
import { metadataKey } from '../../lake/table.ts';
import { quoteIdentifier } from '../../model/identifier.ts';
import { displayName, type TableName } from '../../model/tableName.ts';
import { withPostgres } from '../../postgres/server.ts';
import type { PgSession } from '../../postgres/session.ts';
import type { LakeRequest } from './lake.ts';
import type { LakeResult } from './result.ts';

/** As Iceberg's JDBC catalogue makes them (org.apache.iceberg.jdbc.JdbcUtil, schema version V1), so that its clients find theirs. */
const CATALOGUE_DDL = `CREATE TABLE IF NOT EXISTS iceberg_tables (
  catalog_name varchar(255) NOT NULL, table_namespace varchar(255) NOT NULL, table_name varchar(255) NOT NULL,
  metadata_location varchar(1000), previous_metadata_location varchar(1000), iceberg_type varchar(5),
  PRIMARY KEY (catalog_name, table_namespace, table_name));
CREATE TABLE IF NOT EXISTS iceberg_namespace_properties (
  catalog_name varchar(255) NOT NULL, namespace varchar(255) NOT NULL, property_key varchar(255) NOT NULL, property_value varchar(1000),
  PRIMARY KEY (catalog_name, namespace, property_key))`;

/**
 * Publishes, and then makes the tables of an Iceberg catalogue in PostgreSQL point at what was published: all of them in one
 * transaction, so that who reads through the catalogue never sees one table of a run before the other. What was committed counts
 * without it; a run that ends in between leaves the catalogue behind, and the next one brings it up.
 * @param publish what publishes; it is not begun unless the catalogue can be written
 * @throws FinanceDbError PG_PERMISSION, LAKE_NOT_OURS, LAKE_CONFLICT …
 */
export async function withCatalogue(
  { config, signal, now, onStep, tables }: LakeRequest,
  publish: () => Promise<LakeResult>,
): Promise<LakeResult> {
  const name = config.lakeCatalogue;
  if (name === undefined) return publish();
  const context = { target: config.postgres, now: now(), signal, lockWaitMs: config.lockWaitMs };
  return withPostgres(context, async (server) => {
    const asking = await server.connect();
    await makeCatalogue(asking);
    // Uploads take long, and an idle connection may be cut: the pointers are moved by another one.
    await asking.close();
    const result = await publish();
    onStep(`moving the pointers of the catalogue ${name}`);
    const session = await server.connect();
    await point(session, name, tables, result);
    await session.close();
    return result;
  });
}

/**
 * They may stand there already, and the role may have no right to make any: it needs none then but to read and write them.
 * @throws FinanceDbError PG_PERMISSION, before anything is published
 */
async function makeCatalogue(session: PgSession): Promise<void> {
  const there =
    "to_regclass('iceberg_tables') IS NOT NULL AND to_regclass('iceberg_namespace_properties') IS NOT NULL AS there";
  const [found] = await session.query<{ there: string }>(`SELECT ${there}`);
  if (found?.there !== 't') await session.query(CATALOGUE_DDL);
  const rights = ['SELECT', 'INSERT', 'UPDATE'].map((right) => `has_table_privilege('iceberg_tables', '${right}')`);
  const [may] = await session.query<{ may: string; role: string }>(
    `SELECT ${rights.join(' AND ')} AS may, current_user AS role`,
  );
  if (may?.may === 't') return;
  throw new FinanceDbError(
    'PG_PERMISSION',
    `${may?.role} may not write the catalogue's table iceberg_tables; nothing was published`,
    {
      remedy: `let its owner run: GRANT SELECT, INSERT, UPDATE ON iceberg_tables TO ${quoteIdentifier(may?.role ?? '')}`,
    },
  );
}

/** A pointer as the catalogue has it. */
interface Pointer {
  readonly namespace: string;
  readonly table: string;
  readonly location: string | null;
}

async function point(
  session: PgSession,
  catalogue: string,
  names: readonly TableName[],
  { tables }: LakeResult,
): Promise<void> {
  await session.query('BEGIN');
  const known = await session.query<Pointer>(
    'SELECT table_namespace AS namespace, table_name AS table, metadata_location AS location FROM iceberg_tables WHERE catalog_name = $1 ORDER BY 1, 2 FOR UPDATE',
    [catalogue],
  );
  for (const one of names) {
    const { schema, name } = one;
    const outcome = tables.find(({ table }) => table === displayName(one));
    if (outcome === undefined) continue;
    const pointer = known.find(({ namespace, table }) => namespace === schema && table === name);
    const target = `${outcome.location}/${metadataKey(outcome.version)}`;
    if (pointer !== undefined && !mayMove(pointer, outcome, catalogue)) continue;
    const place = [catalogue, schema, name, target];
    const moved = await session.query(
      pointer === undefined
        ? "INSERT INTO iceberg_tables VALUES ($1, $2, $3, $4, NULL, 'TABLE') ON CONFLICT DO NOTHING RETURNING 1 AS done"
        : 'UPDATE iceberg_tables SET metadata_location = $4, previous_metadata_location = metadata_location WHERE catalog_name = $1 AND table_namespace = $2 AND table_name = $3 AND metadata_location = $5 RETURNING 1 AS done',
      pointer === undefined ? place : [...place, pointer.location],
    );
    if (moved.length !== 1)
      throw new FinanceDbError(
        'LAKE_CONFLICT',
        `another writer has changed ${schema}.${name} in the catalogue ${catalogue} meanwhile; the tables are published, and the catalogue still shows what it did`,
        { details: { catalogue, table: `${schema}.${name}` } },
      );
  }
  await session.query('COMMIT');
}

/**
 * Whether a pointer is behind what was published. One that is ahead was moved by a run that came later, and saw what this one wrote.
 * @throws FinanceDbError LAKE_NOT_OURS when it points to another place
 */
function mayMove(
  { location }: Pointer,
  outcome: { readonly location: string; readonly version: number; readonly table: string },
  catalogue: string,
): boolean {
  const start = `${outcome.location}/metadata/v`;
  const [, version] =
    (location?.startsWith(start) && /^(\d+)\.metadata\.json$/.exec(location.slice(start.length))) || [];
  if (version === undefined)
    throw new FinanceDbError(
      'LAKE_NOT_OURS',
      `in the catalogue ${catalogue} the table ${outcome.table} is ${location ?? 'nowhere'}, which this lake did not write`,
      {
        remedy:
          'take another name for the catalogue (--catalog), or delete that row of iceberg_tables; the tables themselves are published',
        details: { catalogue, table: outcome.table, location },
      },
    );
  return Number(version) < outcome.version;
}
