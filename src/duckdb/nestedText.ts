import {
  DuckDBArrayValue,
  DuckDBBlobValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBUnionValue,
  type DuckDBValue,
  DuckDBVariantValue,
} from '@duckdb/node-api';
import { doubleText } from './decimalText.ts';

/**
 * JSON text of a nested value, all digits kept: LIST and ARRAY are arrays, STRUCT an object, MAP an object (its keys as
 * text), UNION its value. NaN and infinities are strings, times and blobs are DuckDB's text.
 */
export function nestedJson(value: DuckDBValue): string {
  if (value === null) return 'null';
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? doubleText(value) : `"${value}"`;
  if (typeof value === 'string') return JSON.stringify(value);
  if (value instanceof DuckDBDecimalValue) return String(value);
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue)
    return `[${value.items.map(nestedJson).join(',')}]`;
  if (value instanceof DuckDBStructValue)
    return `{${Object.entries(value.entries)
      .map(([name, member]) => `${JSON.stringify(name)}:${nestedJson(member)}`)
      .join(',')}}`;
  if (value instanceof DuckDBMapValue)
    return `{${value.entries.map((entry) => `${JSON.stringify(plainText(entry.key))}:${nestedJson(entry.value)}`).join(',')}}`;
  if (value instanceof DuckDBUnionValue || value instanceof DuckDBVariantValue) return nestedJson(value.value);
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue)
    return `"${String(value).replace(' ', 'T')}"`;
  return JSON.stringify(plainText(value));
}

/** Text of any value outside JSON: blobs as `\xAB`, the rest as DuckDB writes it. */
export function plainText(value: DuckDBValue): string {
  if (value instanceof DuckDBBlobValue) return `\\x${Buffer.from(value.bytes).toString('hex')}`;
  return typeof value === 'number' ? doubleText(value) : String(value);
}
