import type { FileImport, ImportResult, RefusedFile } from '../app/import/result.ts';
import { counted } from '../model/counted.ts';
import { jsonNumeral } from './json.ts';

/** The document of `import --json` (Contract). Refused files make it an error that still tells what was imported. */
export function importDocument(result: ImportResult): Record<string, unknown> {
  const { imports, refused, dryRun } = result;
  const add = (pick: (one: FileImport) => number): number => imports.reduce((sum, one) => sum + pick(one), 0);
  return {
    status: refused.length > 0 ? 'error' : dryRun ? 'dry-run' : 'ok',
    ...(refused.length > 0 ? { error: errorOf(refused) } : {}),
    ...(dryRun && refused.length > 0 ? { dry_run: true } : {}),
    imports: imports.map((one) => fileDocument(one, dryRun)),
    ...(refused.length > 0 ? { refused: refused.map(refusedDocument) } : {}),
    transfers: add((one) => one.transfers),
    categories: sums(NO_CATEGORIES, imports, (one) => one.categories),
    normalized: sums(NOT_NORMALIZED, imports, (one) => one.outcome.normalized),
    source: { where: result.where, database: result.database },
    table: result.table,
    sample_rows_removed: result.sampleRemoved,
    ...(result.leftAside.length === 0 ? {} : { left_aside: result.leftAside.flatMap(({ folders }) => folders) }),
  };
}

function fileDocument(one: FileImport, dryRun: boolean): Record<string, unknown> {
  const { outcome, statements, skipped } = one;
  return {
    ...(dryRun ? {} : { id: Number(one.id) }),
    file: one.file,
    format: one.format,
    source: one.source,
    account: statements.accounts.length === 1 ? statements.accounts[0] : null,
    accounts: statements.accounts,
    statements: statements.count,
    rows: one.rows,
    new: outcome.newRows,
    known: outcome.known,
    possible_duplicates: outcome.possibleDuplicates,
    skipped: { ...skipped },
    balances: balancesOf(one),
    first: outcome.first,
    last: outcome.last,
    sum: jsonNumeral(one.sum),
    transfers: one.transfers,
    unpaired_transfers: one.unpaired.count,
    gaps: one.gaps.map((gap) => ({
      account: gap.account,
      opening: jsonNumeral(gap.opening),
      opening_day: gap.openingDay,
      file_after: gap.fileAfter,
      closing_before: jsonNumeral(gap.closing),
      closing_day: gap.closingDay,
      file_before: gap.fileBefore,
      ...(dryRun ? {} : { import_after: Number(gap.importAfter), import_before: Number(gap.importBefore) }),
      missing: jsonNumeral(gap.missing),
    })),
    same_accounts: one.sameAccounts.map(({ account, other, rows, among }) => ({ account, other, rows, among })),
    duplicates: one.lookalikes.map(({ day, account, amount, currency, merchant, of, ofDay, ofMerchant }) => ({
      day,
      account,
      amount: jsonNumeral(amount),
      currency,
      merchant,
      of: { tx_id: of, day: ofDay, merchant: ofMerchant },
    })),
    ...(dryRun
      ? {
          largest: one.largest.map(({ amount, ...row }) => ({ ...row, amount: jsonNumeral(amount) })),
          uncategorised: one.uncategorised.map(({ merchant, rows, sum }) => ({
            merchant,
            rows: Number(rows),
            sum: jsonNumeral(sum),
          })),
        }
      : {}),
    seconds: one.seconds,
  };
}

function refusedDocument({ file, error }: RefusedFile): Record<string, unknown> {
  const { code, message, remedy, details } = error;
  return { file, code, message, remedy, details };
}

function errorOf(refused: readonly RefusedFile[]): Record<string, unknown> {
  const [first] = refused;
  const message = refused.length === 1 ? first?.error.message : `${counted(refused.length, 'file')} were refused`;
  return {
    code: first?.error.code,
    exit: 2,
    message,
    remedy: first?.error.remedy,
    details: refused.length === 1 ? first?.error.details : { files: refused.map(({ file }) => file) },
  };
}

/** Statements whose balances could be checked, and those that close. */
export function balancesOf({ statements: { checked, closed } }: FileImport): { checked: number; closed: number } {
  return { checked, closed };
}

/** Every count is there, also when no file came in. */
const NO_CATEGORIES = { rule: 0, history: 0, mcc: 0, learnt: 0, none: 0 };
const NOT_NORMALIZED = { same: 0, bank: 0, rates: 0, missing: 0 };

function sums<K extends string>(
  zeros: Readonly<Record<string, number>>,
  imports: readonly FileImport[],
  pick: (one: FileImport) => Readonly<Record<K, number>>,
): Record<string, number> {
  const total: Record<string, number> = { ...zeros };
  for (const one of imports)
    for (const [name, count] of Object.entries<number>(pick(one))) total[name] = (total[name] ?? 0) + count;
  return total;
}
