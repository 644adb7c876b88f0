import type { WorkingCopy } from '../../duckdb/workingCopy.ts';

/** Below that much most of it may lie in DuckDB's log still, and too large a file cannot come of it. */
const LEAST_BYTES = 8 << 20;

/**
 * What a row is likely to take in a Parquet file: about what it takes in DuckDB's file, which holds nothing but the rows that were just loaded.
 * @returns undefined for so few rows that it does not matter
 */
export async function loadedBytesPerRow(copy: Pick<WorkingCopy, 'all'>, rows: bigint): Promise<number | undefined> {
  const [size] = await copy.all<{ bytes: string }>(
    'SELECT ((total_blocks - free_blocks) * block_size)::VARCHAR AS bytes FROM pragma_database_size() WHERE database_name = current_database()',
  );
  const bytes = Number(size?.bytes ?? 0);
  return bytes < LEAST_BYTES || rows === 0n ? undefined : bytes / Number(rows);
}
