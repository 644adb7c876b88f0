import type { FinanceDbError } from '../../errors/financeDbError.ts';
import type { SkippedCounts } from '../../ingest/fileSummary.ts';
import type { StatementFormat } from '../../ingest/statement.ts';
import type { StatementCounts } from '../../ingest/statementCounts.ts';
import type { Gap } from '../../postgres/imports/continuity.ts';
import type { SameAccount } from '../../postgres/imports/sameAccount.ts';
import type { CategoryCounts, Outcome } from '../../postgres/imports/store.ts';
import type { UnpairedLeg } from '../../postgres/imports/transfers.ts';
import type { LeftAside } from './inputs.ts';

export type { Gap, LeftAside };

/** A row worth showing before it is imported. */
export interface ShownRow {
  readonly day: string;
  readonly account: string;
  readonly amount: string;
  readonly currency: string;
  readonly merchant: string | null;
  readonly category: string | null;
}

export interface LookalikeRow extends ShownRow {
  /** The earlier row. */
  readonly of: string;
  readonly ofDay: string;
  readonly ofMerchant: string | null;
}

/** What came of one file. */
export interface FileImport {
  /** Null for a dry run. */
  readonly id: string | null;
  readonly file: string;
  readonly format: StatementFormat;
  /** The format, with the profile of a CSV file. */
  readonly source: string;
  /** True when the accounts are not named by the file, the profile or --account. */
  readonly nameless: boolean;
  /** What the amounts were taken for by default, where file, profile and setting name no currency; else null. */
  readonly assumedCurrency: string | null;
  readonly statements: StatementCounts;
  /** Entries read, pending ones included, and the sum of their amounts. */
  readonly rows: number;
  readonly sum: string;
  readonly skipped: SkippedCounts;
  readonly outcome: Outcome;
  /** New rows by how they got their category. */
  readonly categories: CategoryCounts;
  readonly gaps: readonly Gap[];
  /** Accounts of the file that hold the entries of another one. */
  readonly sameAccounts: readonly SameAccount[];
  readonly transfers: number;
  readonly unpaired: { readonly count: number; readonly legs: readonly UnpairedLeg[] };
  readonly lookalikes: readonly LookalikeRow[];
  /** The ten largest new rows, and new rows that have no category; for a dry run only. */
  readonly largest: readonly ShownRow[];
  readonly uncategorised: readonly { readonly merchant: string | null; readonly rows: string; readonly sum: string }[];
  readonly seconds: number;
}

/** A file of which nothing was imported. */
export interface RefusedFile {
  readonly file: string;
  readonly error: FinanceDbError;
}

export interface ImportResult {
  readonly dryRun: boolean;
  /** Where the rows went. */
  readonly where: string;
  readonly database: string;
  readonly table: string;
  /** The currency of normalized amounts. */
  readonly baseCurrency: string;
  readonly imports: readonly FileImport[];
  readonly refused: readonly RefusedFile[];
  /** Folders in the folders that were named: not looked into. */
  readonly leftAside: readonly LeftAside[];
  /** Rows of sample data that gave way to the first real ones. */
  readonly sampleRemoved: number;
  /** What FINANCE_DB_TABLES would have to be for the statements' balances to be synced; null where they are. */
  readonly statementsTables: string | null;
}
