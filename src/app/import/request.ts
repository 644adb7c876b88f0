import type { Config } from '../../config/config.ts';
import type { Rule } from '../../ingest/categories/rules.ts';
import type { DateOrder } from '../../ingest/qif/qifValues.ts';
import type { StatementFormat } from '../../ingest/statement.ts';

/** How files are to be imported, whichever they are. */
export interface ImportRequest {
  readonly config: Config;
  readonly cwd: string;
  readonly stdin: NodeJS.ReadableStream;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  /** --account. */
  readonly account: string | null;
  /** --format; null: by content. */
  readonly format: StatementFormat | null;
  /** --profile, for CSV. */
  readonly profile: string | null;
  /** --encoding; null: by content. */
  readonly encoding: string | null;
  /** --date-order, for QIF files that leave it open. */
  readonly dateOrder: DateOrder | null;
  readonly dryRun: boolean;
  readonly allNew: boolean;
  readonly rules: readonly Rule[];
  /** Flags that say where things are (--home and the like), as words: a command that is suggested has them too. */
  readonly settings: readonly string[];
  readonly onProgress?: (progress: ImportProgress) => void;
  /** Told when all of a file was read, and is compared with what is there. */
  readonly onRead?: (file: string) => void;
  /** Told once when another import has to be waited for, and whose it is. */
  readonly onWait?: (holder: string) => void;
}

export interface ImportProgress {
  readonly file: string;
  readonly rows: number;
  /** From 0 to 1. */
  readonly fraction: number;
}
