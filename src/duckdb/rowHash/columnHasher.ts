import type { HashedColumn } from '../../model/rowHash/hashedColumn.ts';
import type { Lanes } from '../../model/rowHash/lookup3.ts';
import { decimalHasher } from './decimalHasher.ts';
import { dates, doubles, times } from './doubleHashers.ts';
import type { ColumnHasher } from './hasher.ts';
import { booleans, int32s, int64s } from './integerHashers.ts';
import { octetsHasher } from './octetsHasher.ts';

/** Makes of DuckDB's vectors what PostgreSQL's functions hash: see `hashedColumn` for each rule. */
export function columnHasher({ hash, seeds }: HashedColumn, lanes: Lanes): ColumnHasher {
  const [first, second, third] = seeds;
  if (first === undefined) throw new Error('a column without a seed');
  const other = second ?? first;
  switch (hash.kind) {
    case 'boolean':
      return { bytesPerRow: 1, add: booleans(first, other) };
    case 'int32':
      return { bytesPerRow: 4, add: int32s(first, lanes) };
    case 'int64':
      return { bytesPerRow: 8, add: int64s(first, other, lanes) };
    case 'double':
      return { bytesPerRow: 8, add: doubles(first, other, third ?? first, lanes) };
    case 'date':
      return { bytesPerRow: 4, add: dates(first, lanes) };
    case 'micros':
      return { bytesPerRow: 8, add: times(first, other, lanes) };
    case 'decimal':
      return decimalHasher(hash, first, other, lanes);
    case 'octets':
      return { bytesPerRow: 16, add: octetsHasher(first, lanes) };
  }
}
