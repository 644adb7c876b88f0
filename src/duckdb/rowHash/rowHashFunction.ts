import {
  BIGINT,
  BLOB,
  BOOLEAN,
  DATE,
  DECIMAL,
  DOUBLE,
  type DuckDBConnection,
  DuckDBScalarFunction,
  type DuckDBType,
  INTEGER,
  TIMESTAMP,
  TIMESTAMPTZ,
  VARCHAR,
} from '@duckdb/node-api';
import duckdb, { type DataChunk, type Vector } from '@duckdb/node-bindings';
import { messageOf } from '../../errors/financeDbError.ts';
import type { HashedColumn } from '../../model/rowHash/hashedColumn.ts';
import { clear, Lanes, rowHashes, scramble } from '../../model/rowHash/lookup3.ts';
import { vectorBytes } from '../vectorBytes.ts';
import { columnHasher } from './columnHasher.ts';

let made = 0;

/**
 * Makes a SQL function of DuckDB that hashes a row as PostgreSQL does: one argument a column, a BIGINT that is never NULL.
 * DuckDB calls it with a vector of each column, on the thread of JavaScript.
 * @returns its name
 */
export function makeRowHashFunction(connection: DuckDBConnection, columns: readonly HashedColumn[]): string {
  const name = `finance_db_row_hash_${++made}`;
  const definition = DuckDBScalarFunction.create({
    name,
    mainFunction: () => undefined,
    returnType: BIGINT,
    parameterTypes: columns.map(typeOf),
    // NULLs come too.
    specialHandling: true,
    // Computed once for each row, wherever the SQL around it uses it.
    volatile: true,
  });
  // The vectors themselves, without the objects that the Node API puts around them.
  const hash = rowHasher(columns);
  duckdb.scalar_function_set_function(definition.scalar_function, (info, input, output) => {
    try {
      hash(input, output);
    } catch (error) {
      duckdb.scalar_function_set_error(info, messageOf(error));
    }
  });
  connection.registerScalarFunction(definition);
  return name;
}

function rowHasher(columns: readonly HashedColumn[]): (input: DataChunk, output: Vector) => void {
  const capacity = duckdb.vector_size();
  const lanes = new Lanes(capacity);
  const hashers = columns.map((column) => columnHasher(column, lanes));
  const hashes = rowHashes(capacity);
  const mixed = rowHashes(capacity);
  const result = new DataView(new ArrayBuffer(capacity * 8));
  return (input, output) => {
    const rowCount = duckdb.data_chunk_get_size(input);
    clear(hashes, rowCount);
    clear(mixed, rowCount);
    for (const [index, { bytesPerRow, add }] of hashers.entries())
      add(vectorBytes(duckdb.data_chunk_get_vector(input, index), rowCount, bytesPerRow), rowCount, hashes);
    scramble(hashes, rowCount, lanes, mixed);
    for (let row = 0; row < rowCount; row++) {
      result.setInt32(row * 8, mixed.lo[row] as number, true);
      result.setInt32(row * 8 + 4, mixed.hi[row] as number, true);
    }
    duckdb.copy_data_to_vector(output, 0, result.buffer as ArrayBuffer, 0, rowCount * 8);
  };
}

const TYPES: Readonly<Record<string, DuckDBType>> = {
  ...{ BOOLEAN, INTEGER, BIGINT, DOUBLE, DATE, TIMESTAMP, TIMESTAMPTZ, VARCHAR, BLOB },
};

function typeOf({ hash, duckdbType }: HashedColumn): DuckDBType {
  const type = hash.kind === 'decimal' ? DECIMAL(hash.width, hash.scale) : TYPES[duckdbType];
  if (type === undefined) throw new Error(`no type of DuckDB is called ${duckdbType} here`);
  return type;
}
