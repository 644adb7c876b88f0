import { FinanceDbError } from '../../errors/financeDbError.ts';
import { currentSchema } from '../../lake/iceberg/metadata.ts';
import { loadTable } from '../../lake/table.ts';
import { displayName } from '../../model/tableName.ts';
import { type Engine, preamble, tableSql } from './engineText.ts';
import type { LakeRequest } from './lake.ts';
import { newRun, openLake } from './openLake.ts';

/**
 * SQL for an engine that counts the rows of each table, adds up its exact numbers and makes one number of the md5 of all rows,
 * in the engine itself: two engines that read the same rows answer alike.
 * @throws FinanceDbError LAKE_MISSING
 */
export async function engineSql(request: LakeRequest, engine: Engine): Promise<string> {
  const lake = openLake(request.place, request.env, newRun(), request.signal);
  const parts: string[] = [];
  for (const name of request.tables) {
    const store = lake.table(name);
    const table = await loadTable(store);
    const schema = table === null ? undefined : currentSchema(table.metadata);
    if (table === null || schema === undefined)
      throw new FinanceDbError('LAKE_MISSING', `there is no table ${displayName(name)} at ${store.location}`);
    const files = table.entries.map(({ file }) => file.path);
    parts.push(tableSql(engine, name, store, schema.fields, files));
  }
  return [preamble(engine, lake.location), ...parts].filter((part) => part !== '').join('\n');
}
