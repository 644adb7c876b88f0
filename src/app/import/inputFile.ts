import type { FinanceDbError } from '../../errors/financeDbError.ts';

/** A file to import: bytes that can be read more than once. */
export interface InputFile {
  /** As the user knows it, for messages and the record: `a/b.csv`, `-`, `march.zip/2026-03-01.xml`. */
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
}

/** Something that was named and cannot be imported. */
export interface InputProblem {
  readonly name: string;
  readonly error: FinanceDbError;
}
