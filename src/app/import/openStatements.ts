import type { StatementEvent, StatementFormat } from '../../ingest/statement.ts';
import type { InputFile } from './inputs.ts';
import type { ImportRequest } from './request.ts';

/** A file whose format, encoding and layout are known, and whose events can be read. */
export interface OpenedStatements {
  readonly name: string;
  readonly format: StatementFormat;
  /** Whose texts and ids these are: the format, with the profile for CSV. */
  readonly source: string;
  /** SHA-256 of the bytes, in hexadecimal. */
  readonly fileHash: string;
  readonly namelessAccount: string;
  /** How much of it was read by `events` so far, from 0 to 1. */
  fractionRead(): number;
  /** Reads it once. */
  events(): AsyncGenerator<Iterable<StatementEvent>, void, undefined>;
}

export async function openStatements(_input: InputFile, _request: ImportRequest): Promise<OpenedStatements> {
  throw new Error('to come');
}
