import { quoteLiteral } from '../model/identifier.ts';
import { STATE_SCHEMA, type TableName } from '../model/tableName.ts';
import { lsnOf } from '../model/watermark.ts';
import { VERSION } from '../version.ts';
import { sealStateSql } from './stateSeal.ts';
import { FORGET_MONTHS } from './syncState.ts';

/** As of when a followed file is. */
export interface FollowPosition {
  /** The stream's position: all that was committed before it is in the file, and nothing else. */
  readonly position: bigint;
  /** A kept slot; null for one that went with the connection. */
  readonly slot: string | null;
  /** A digest of what the catalogue guard saw. */
  readonly catalogue: string;
}

/** What a batch did to one table, for its row of sync_state. */
export interface FollowedRows {
  readonly table: TableName;
  readonly rows: bigint;
  readonly upserted: bigint;
  readonly deleted: bigint;
}

const NAME = 'followed';

/**
 * SQL that writes down as of when the tables are: the watermark that the next scan goes by, and the position in the stream.
 * @param snapshot one of which every transaction that it sees is in the file (docs/follow.md)
 */
export function writeFollowStateSql(
  tables: readonly FollowedRows[],
  at: FollowPosition,
  snapshot: string,
  seconds: number,
  now: Date,
): string[] {
  const updates = tables.map(
    ({ table, rows, upserted, deleted }) =>
      `${[
        `UPDATE ${STATE_SCHEMA}.sync_state SET snapshot = ${quoteLiteral(snapshot)}, lsn = CASE WHEN lsn IS NULL THEN NULL ELSE ${quoteLiteral(lsnOf(at.position))} END`,
        `row_count = ${rows}, mode = 'follow', reason = 'changes that the stream told', upserted = ${upserted}, deleted = ${deleted}`,
        `seconds = ${seconds.toFixed(3)}, synced_at = ${quoteLiteral(now.toISOString())}, tool_version = ${quoteLiteral(VERSION)}`,
      ].join(', ')} WHERE table_schema = ${quoteLiteral(table.schema)} AND table_name = ${quoteLiteral(table.name)}`,
  );
  const document = { position: lsnOf(at.position), slot: at.slot, catalogue: at.catalogue };
  return [
    ...updates,
    ...sealStateSql(tables.map(({ table }) => table)),
    // How many deletes the server has counted is not known here: a scan finds deleted rows without it.
    `DELETE FROM ${STATE_SCHEMA}.about WHERE name IN ('${NAME}', 'deletes')`,
    FORGET_MONTHS,
    `INSERT INTO ${STATE_SCHEMA}.about VALUES ('${NAME}', ${quoteLiteral(JSON.stringify(document))}), ('deletes', '{}')`,
  ];
}

/** SQL that says of the stream what the file before said: for who has put other tables into it than those that are followed. */
export function carryFollowStateSql(followed: NonNullable<ReturnType<typeof toFollowState>>): string {
  return `INSERT INTO ${STATE_SCHEMA}.about VALUES ('${NAME}', ${quoteLiteral(JSON.stringify(followed))})`;
}

/** What a file says of the stream; null for one that a scan has written. @param about what it says of itself */
export function toFollowState(
  about: ReadonlyMap<string, string>,
): { readonly position: string; readonly slot: string | null; readonly catalogue: string } | null {
  const text = about.get(NAME);
  return text === undefined ? null : (JSON.parse(text) as NonNullable<ReturnType<typeof toFollowState>>);
}
