import { quoteIdentifier } from '../../model/identifier.ts';
import { type ColumnMapping, isPlainText } from '../../model/typeMapping.ts';

/**
 * Between the keys of a pack: ASCII's record separator. Every key makes at least one piece and one that holds it more, so that
 * as many pieces as rows prove that none does.
 */
const SEPARATOR = 'chr(30)';
/** A pack must stay far below what a PostgreSQL value may hold (1 GB), and what DuckDB's reader takes for one line. */
const LONGEST_KEY = 1000;

/** Of times, those that DuckDB may not hold do not travel in packs: from here on. */
const TOO_LATE = '290000-01-01';

/** Whether a column holds points in time, whose text DuckDB reads in a way of its own. */
export function isTime({ family }: Pick<ColumnMapping, 'family'>): boolean {
  return family === 'date' || family === 'timestamp' || family === 'timestamptz';
}

/** SQL of the keys of a pack in one text. A separator stands for a key that is too long, or too late: two pieces, never fewer. */
export function packedKeys(column: ColumnMapping): string {
  const { name, postgresType } = column;
  const key = quoteIdentifier(name);
  if (isTime(column))
    return `string_agg(CASE WHEN ${key} < '${TOO_LATE}' THEN ${key}::text ELSE ${SEPARATOR} END, ${SEPARATOR})`;
  if (!isPlainText(postgresType)) return `string_agg(${key}::text, ${SEPARATOR})`;
  const [, characters] = /\((\d+)\)$/.exec(postgresType) ?? [];
  const isShort = characters !== undefined && Number(characters) * 4 <= LONGEST_KEY;
  return `string_agg(${isShort ? key : `CASE WHEN octet_length(${key}) <= ${LONGEST_KEY} THEN ${key} ELSE ${SEPARATOR} END`}, ${SEPARATOR})`;
}

/** SQL of a list of a column's values, from the text of a pack: NULL for what stands for no time, texts of what needs no conversion of ours. */
export function piecesOf(column: ColumnMapping, packed: string): string {
  const pieces = `string_split(${packed}, ${SEPARATOR})`;
  return isTime(column)
    ? `list_transform(${pieces}, lambda x: CASE WHEN x <> '' THEN ${column.fromText('x')} END)`
    : pieces;
}
