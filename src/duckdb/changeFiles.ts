import path from 'node:path';
import { asCopied, escapeCopyText } from '../model/changes/copyValue.ts';
import { type ChangedValue, KEPT, type NetChange, type NetChanges, type NetRow } from '../model/changes/netChanges.ts';
import type { SourceTable } from '../model/sourceTable.ts';
import type { ColumnMapping } from '../model/typeMapping.ts';
import { Spool, type SpoolSink } from './spool.ts';

/** A table that changes are put into. */
export interface ChangedTable {
  readonly source: SourceTable;
  readonly columns: readonly ColumnMapping[];
  /** The columns that the stream tells rows apart by. */
  readonly key: readonly ColumnMapping[];
}

/** Rows go to DuckDB in pieces of this size. */
const PIECE_BYTES = 1 << 20;

/** How many rows a batch is about. */
export interface ChangeCounts {
  /** Keys that must be there. */
  readonly before: number;
  /** Of these, those that no row takes the place of. */
  readonly gone: number;
  /** Rows that are there afterwards. */
  readonly after: number;
  /** Of these, rows with values that were not sent. */
  readonly kept: number;
}

/** A batch in files of COPY's format. */
export interface ChangeFiles {
  readonly counts: ChangeCounts;
  /** Each key with its number and whether it must be there. */
  readonly keys: Lines;
  /** Rows that were sent whole. */
  readonly rows: Lines;
  /** The others, with what they lack and the key of the row that has it. */
  readonly keeping: Lines;
}

/** Writes what the changes say into files, and lets go of it in memory. */
export function writeFiles(spoolFolder: string, table: ChangedTable, changes: NetChanges): ChangeFiles {
  const at = (name: string): Lines => new Lines(path.join(spoolFolder, name));
  const [keys, rows, keeping] = [at('keys'), at('rows'), at('keeping')];
  const counts = { before: 0, gone: 0, after: 0, kept: 0 };
  let number = 0;
  try {
    for (const change of changes.list()) {
      if (change.before) counts.before++;
      if (change.before && change.after === null) counts.gone++;
      keys.add(keyLine(table, change, number++));
      if (change.after === null) continue;
      counts.after++;
      if (change.after.base === null) rows.add(wholeLine(table, change.after));
      else {
        counts.kept++;
        keeping.add(keepingLine(table, change.after, change.after.base));
      }
    }
    for (const lines of [keys, rows, keeping]) lines.flush();
  } finally {
    // Whatever happens: a file that stays open would hold its space on a disk that is full.
    for (const lines of [keys, rows, keeping]) lines.close();
  }
  // From here on DuckDB has the memory that they took.
  changes.release();
  return { counts, keys, rows, keeping };
}

/** Lines on their way into files that DuckDB reads, of which little is in memory at a time. */
export class Lines {
  readonly spool: Spool;
  private readonly sink: SpoolSink;
  private piece: Line[] = [];
  private bytes = 0;

  constructor(folder: string) {
    this.spool = new Spool(folder, { fileBytes: 32 << 20, totalBytes: Number.POSITIVE_INFINITY });
    this.sink = this.spool.sink();
  }

  add(line: Line): void {
    this.piece.push(line);
    this.bytes += line.length;
    this.sink.noteLongest(line.length);
    if (this.bytes >= PIECE_BYTES) this.flush();
  }

  flush(): void {
    if (this.piece.length === 0) return;
    const { length } = this.piece;
    const rows = Buffer.from(this.piece.join(''), 'latin1');
    this.piece = [];
    this.bytes = 0;
    this.sink.write(rows, length);
  }

  /** No more lines. */
  close(): void {
    this.sink.end();
  }
}

type Line = string;

/** COPY's line of some values; what escapes need is escaped. */
function lineOf(values: readonly (string | null)[]): Line {
  return `${values.map((value) => (value === null ? '\b' : escapeCopyText(value))).join('\t')}\n`;
}

function keyLine({ key }: ChangedTable, change: NetChange, number: number): Line {
  const values = change.key.map((value, at) => asCopiedBy(key[at], value));
  return lineOf([String(number), change.before ? 't' : 'f', ...values]);
}

/** Of a table of one column the line has a second, empty value: DuckDB's reader drops empty lines. */
function wholeLine({ columns }: ChangedTable, { values }: NetRow): Line {
  const copied = values.map((value, at) => copiedValue(columns[at], value));
  return lineOf(copied.length === 1 ? [...copied, ''] : copied);
}

function keepingLine({ key, columns }: ChangedTable, { values }: NetRow, base: readonly string[]): Line {
  const kept = values.flatMap((value, at) => (value === KEPT ? [at] : []));
  const bases = key.map((column, at) => asCopiedBy(column, base[at] ?? ''));
  return lineOf([`,${kept.join(',')},`, ...bases, ...values.map((value, at) => copiedValue(columns[at], value))]);
}

function copiedValue(column: ColumnMapping | undefined, value: ChangedValue): string | null {
  return typeof value === 'string' ? asCopiedBy(column, value) : null;
}

function asCopiedBy(column: ColumnMapping | undefined, value: string): string {
  return column === undefined ? value : asCopied(column, value);
}
