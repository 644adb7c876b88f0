import { quoteLiteral } from '../model/identifier.ts';
import { STATE_SCHEMA, type TableName } from '../model/tableName.ts';
import { plainDaysOf } from './source.ts';

/** Between which moments the rows of a table lie, where whoever made the file knows that without reading them: the views on a lake. */
export const KNOWN_DAYS_TABLE = `${STATE_SCHEMA}.known_days`;
export const KNOWN_DAYS_DDL = `CREATE TABLE ${KNOWN_DAYS_TABLE} (table_schema VARCHAR NOT NULL, table_name VARCHAR NOT NULL, "rows" BIGINT NOT NULL, dated BIGINT NOT NULL, first TIMESTAMP, last TIMESTAMP)`;

/** PlainDays, as `plainDaysSql` would find them; no row for a table of which they are not known. */
export function knownDaysSql({ schema, name }: TableName, today: string): string {
  return plainDaysOf(
    `SELECT "rows", dated, first, last FROM ${KNOWN_DAYS_TABLE} WHERE table_schema = ${quoteLiteral(schema)} AND table_name = ${quoteLiteral(name)}`,
    today,
  );
}
