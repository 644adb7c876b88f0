import path from 'node:path';
import type { QueryFormat } from '../render/resultWriter.ts';

const FORMAT_OF_EXTENSION: Record<string, QueryFormat | 'parquet'> = {
  '.csv': 'csv',
  '.tsv': 'tsv',
  '.json': 'json',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.md': 'markdown',
  '.parquet': 'parquet',
};

/** The ends of names that tell a format. */
export const NAME_ENDINGS: readonly string[] = Object.keys(FORMAT_OF_EXTENSION);

/** The format that a file's name tells; undefined when it tells none. */
export function formatOfName(name: string): QueryFormat | 'parquet' | undefined {
  return FORMAT_OF_EXTENSION[path.extname(name).toLowerCase()];
}
