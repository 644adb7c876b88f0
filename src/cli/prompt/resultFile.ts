import path from 'node:path';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { outputFile } from '../../render/outputFile.ts';
import type { QueryFormat } from '../../render/resultWriter.ts';
import type { Sink } from '../../render/sink.ts';
import { formatOfName } from '../fileFormat.ts';

/** A file that takes the results of statement after statement (\o), and appears when it is closed. */
export interface ResultFile {
  readonly name: string;
  readonly format: QueryFormat;
  /** Where the results of the next statement go. */
  next(): Sink;
  close(): Promise<void>;
}

/**
 * @param format what the file holds when its name does not tell
 * @throws FinanceDbError USAGE for Parquet, FILE_NOT_WRITABLE
 */
export function openResultFile(name: string, cwd: string, format: QueryFormat): ResultFile {
  const told = formatOfName(name);
  if (told === 'parquet')
    throw new FinanceDbError('USAGE', 'a Parquet file takes one result', {
      remedy: 'leave the prompt and give `finance-db query SQL -o FILE.parquet`',
    });
  const file = outputFile(path.resolve(cwd, name));
  const sink = file.open();
  const kind = told ?? format;
  let statements = 0;
  return {
    name,
    format: kind,
    next() {
      let begun = false;
      const lead = statements++ > 0 && kind !== 'json' && kind !== 'jsonl' ? '\n' : '';
      return {
        write: (text) => {
          if (text === '') return sink.write('');
          const whole = begun ? text : lead + text;
          begun = true;
          return sink.write(whole);
        },
        finish: async () => undefined,
      };
    },
    async close() {
      await sink.finish();
      await file.commit();
    },
  };
}
