import { FinanceDbError } from '../../errors/financeDbError.ts';
import { currentSchema } from '../../lake/iceberg/metadata.ts';
import { fromParquet, type IcebergSchema, storedType } from '../../lake/iceberg/schema.ts';
import type { LakeState } from '../../lake/state.ts';
import type { LakeTable } from '../../lake/table.ts';
import { quoteIdentifier, quoteLiteral } from '../../model/identifier.ts';

/** A column of a lake's table as DuckDB is to see it, and the field that it lies in. */
interface ReadColumn {
  readonly name: string;
  readonly duckdbType: string;
  readonly fieldId: number;
}

/** @throws FinanceDbError LAKE_NOT_OURS when the state does not tell the columns of the schema */
export function readColumns(table: LakeTable, state: LakeState): readonly ReadColumn[] {
  const schema: IcebergSchema | undefined = currentSchema(table.metadata);
  return state.columns.map(({ name, duckdbType }) => {
    const field = schema?.fields.find((candidate) => candidate.name === name);
    if (field === undefined)
      throw new FinanceDbError('LAKE_NOT_OURS', `the schema of ${table.metadata.location} has no column ${name}`, {
        remedy: 'write the table anew with `finance-db lake --rebuild`',
      });
    return { name, duckdbType, fieldId: field.id };
  });
}

/**
 * SQL that reads Parquet files of a table with the columns and types that the DuckDB file has. Columns are found by their field
 * ids: a file of before a renaming calls them otherwise.
 * @param rowid whether a last column is to tell rows apart, as a table's own would (LAKE_ROWID of analytics/source.ts)
 */
export function selectFiles(files: readonly string[], columns: readonly ReadColumn[], rowid = false): string {
  const number = rowid && !columns.some(({ name }) => name.toLowerCase() === 'rowid');
  if (files.length === 0) {
    const none = columns.map(({ name, duckdbType }) => `NULL::${duckdbType} AS ${quoteIdentifier(name)}`);
    if (number) none.push('NULL::UBIGINT AS rowid');
    return `SELECT ${none.join(', ')} WHERE false`;
  }
  const fields = columns.map(
    ({ name, duckdbType, fieldId }) =>
      `${fieldId}: {name: ${quoteLiteral(name)}, type: ${quoteLiteral(storedType(duckdbType))}, default_value: NULL}`,
  );
  const read = columns.map(
    ({ name, duckdbType }) => `${fromParquet(quoteIdentifier(name), duckdbType)} AS ${quoteIdentifier(name)}`,
  );
  if (number) read.push('((file_index::UBIGINT << 32) + file_row_number::UBIGINT) AS rowid');
  return `SELECT ${read.join(', ')} FROM read_parquet([${files.map(quoteLiteral).join(', ')}], schema = MAP {${fields.join(', ')}})`;
}
