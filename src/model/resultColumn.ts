/**
 * What the text of a column's values is, so that each output format knows how to write it:
 * - `number`: an exact numeral;
 * - `float`: a numeral, or NaN, Infinity, -Infinity;
 * - `boolean`: true or false;
 * - `time`: a date or time whose text needs no quoting anywhere;
 * - `json`: JSON text (lists, structs, maps, with exact numerals);
 * - `text`: anything.
 */
export type ColumnKind = 'number' | 'float' | 'boolean' | 'time' | 'json' | 'text';

export interface ResultColumn {
  readonly name: string;
  /** DuckDB's name of the type: `DECIMAL(15,2)`. */
  readonly type: string;
  readonly kind: ColumnKind;
}

/** Some rows of a result, column by column, as text; null is SQL's NULL. */
export interface RowChunk {
  readonly rowCount: number;
  readonly columns: readonly (readonly (string | null)[])[];
}
