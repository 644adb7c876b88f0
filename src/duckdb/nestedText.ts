import {
  DuckDBArrayValue,
  DuckDBBlobValue,
  DuckDBDateValue,
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
import { isoTimestamp } from '../model/isoTimestamp.ts';
import type { OffsetAt } from '../model/timeZone.ts';
import { doubleText } from './decimalText.ts';
import { dateText, timestampText } from './timeText.ts';

/**
 * Makes JSON text of nested values, all digits kept: LIST and ARRAY are arrays, STRUCT an object, MAP an object (its keys
 * as text), UNION its value. NaN and infinities are strings; dates and times read as they do on their own.
 */
export function nestedJson(offsetAt: OffsetAt): (value: DuckDBValue) => string {
  const plain = plainText(offsetAt);
  const json = (value: DuckDBValue): string => {
    if (value === null) return 'null';
    if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
    if (typeof value === 'number') return Number.isFinite(value) ? doubleText(value) : `"${value}"`;
    if (typeof value === 'string') return JSON.stringify(value);
    if (value instanceof DuckDBDecimalValue) return String(value);
    if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue)
      return `[${value.items.map(json).join(',')}]`;
    if (value instanceof DuckDBStructValue)
      return `{${Object.entries(value.entries)
        .map(([name, member]) => `${JSON.stringify(name)}:${json(member)}`)
        .join(',')}}`;
    if (value instanceof DuckDBMapValue)
      return `{${value.entries.map((entry) => `${JSON.stringify(plain(entry.key))}:${json(entry.value)}`).join(',')}}`;
    if (value instanceof DuckDBUnionValue || value instanceof DuckDBVariantValue) return json(value.value);
    if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue)
      return `"${isoTimestamp(plain(value))}"`;
    return JSON.stringify(plain(value));
  };
  return json;
}

/** Makes text of any value outside JSON: blobs as `\xAB`, dates and times as they read on their own, the rest as DuckDB writes it. */
export function plainText(offsetAt: OffsetAt): (value: DuckDBValue) => string {
  return (value) => {
    if (value instanceof DuckDBBlobValue) return `\\x${Buffer.from(value.bytes).toString('hex')}`;
    if (value instanceof DuckDBDateValue) return dateText(value.days);
    if (value instanceof DuckDBTimestampValue) return timestampText(value.micros, null);
    if (value instanceof DuckDBTimestampTZValue) return timestampText(value.micros, offsetAt);
    return typeof value === 'number' ? doubleText(value) : String(value);
  };
}
