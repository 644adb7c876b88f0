import type { FileImport, Gap, ImportResult, RefusedFile } from '../app/import/result.ts';
import { Sum } from '../ingest/numeral.ts';
import { grouped } from './amount.ts';
import { jsonNumeral } from './json.ts';
import { printable, printableText } from './printable.ts';
import { renderTable, type TableStyle } from './table.ts';

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
  };
}

function fileDocument(one: FileImport, dryRun: boolean): Record<string, unknown> {
  const { outcome, statements, skipped } = one;
  return {
    ...(dryRun ? {} : { id: Number(one.id) }),
    file: one.file,
    format: one.format,
    source: one.source,
    account: one.accounts.length === 1 ? one.accounts[0] : null,
    accounts: one.accounts,
    statements: statements.length,
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
    duplicates: one.lookalikes.map(({ day, account, amount, currency, merchant, of, ofDay, ofMerchant }) => ({
      day,
      account,
      amount: jsonNumeral(amount),
      currency,
      merchant,
      of: { tx_id: of, day: ofDay, merchant: ofMerchant },
    })),
    seconds: one.seconds,
  };
}

function refusedDocument({ file, error }: RefusedFile): Record<string, unknown> {
  const { code, message, remedy, details } = error;
  return { file, code, message, remedy, details };
}

function errorOf(refused: readonly RefusedFile[]): Record<string, unknown> {
  const [first] = refused;
  const message = refused.length === 1 ? first?.error.message : `${refused.length} files were refused`;
  return {
    code: first?.error.code,
    exit: 2,
    message,
    remedy: first?.error.remedy,
    details: refused.length === 1 ? first?.error.details : { files: refused.map(({ file }) => file) },
  };
}

/** Statements whose balances could be checked, and those that close. */
export function balancesOf(one: FileImport): { checked: number; closed: number } {
  const checked = one.statements.filter(({ closes }) => closes !== null);
  return { checked: checked.length, closed: checked.filter(({ closes }) => closes).length };
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

/** For people: a row a file, then whatever deserves a second look, then what comes next. */
export function renderImport(result: ImportResult, style: TableStyle): string {
  const { imports, dryRun } = result;
  const parts: string[] = [];
  if (result.sampleRemoved > 0)
    parts.push(
      `${grouped(result.sampleRemoved)} rows of sample data ${dryRun ? 'would give' : 'gave'} way to real ones.`,
    );
  if (imports.length > 0) parts.push(filesTable(imports, style));
  for (const one of imports) parts.push(...notes(one, style));
  if (dryRun) for (const one of imports) parts.push(...preview(one, style));
  parts.push(...conclusion(result).map((line) => printableText(line)));
  return `${parts.join('\n')}\n`;
}

function filesTable(imports: readonly FileImport[], style: TableStyle): string {
  const count = { align: 'right' } as const;
  const ids = imports.some(({ id }) => id !== null);
  return renderTable(
    [
      ...(ids ? [{ title: '#', ...count }] : []),
      { title: 'file' },
      { title: 'account' },
      { title: 'rows', ...count },
      { title: 'new', ...count },
      { title: 'known', ...count },
      { title: 'alike', ...count },
      { title: 'balances' },
      { title: 'from' },
      { title: 'to' },
      { title: 'sum', ...count },
    ],
    imports.map((one) => [
      ...(ids ? [one.id ?? ''] : []),
      printable(one.file),
      printable(accountsText(one)),
      grouped(one.rows),
      grouped(one.outcome.newRows),
      grouped(one.outcome.known),
      grouped(one.outcome.possibleDuplicates),
      balancesText(one),
      one.outcome.first ?? '',
      one.outcome.last ?? '',
      one.sum,
    ]),
    style,
  );
}

function accountsText({ accounts }: FileImport): string {
  if (accounts.length <= 1) return accounts[0] ?? '';
  return `${accounts.length} accounts`;
}

/** `3 of 3 close`, or that there is nothing to check. */
function balancesText(one: FileImport): string {
  const { checked, closed } = balancesOf(one);
  return checked === 0 ? 'none given' : `${closed} of ${checked} close`;
}

/** What a reader of the table should know of one file. */
function notes(one: FileImport, style: TableStyle): string[] {
  const lines: string[] = [];
  const { skipped, outcome } = one;
  const say = (text: string): number => lines.push(printableText(`${one.file}: ${text}`));
  if (one.nameless)
    say(`it names no account, so its rows are under ${one.accounts.join(', ')}; --account NAME calls it otherwise`);
  if (skipped.pending > 0)
    say(
      `${counted(skipped.pending, 'entry', 'entries')} not booked yet: left out until the bank has booked ${skipped.pending === 1 ? 'it' : 'them'}`,
    );
  if (skipped.investment > 0) say(`${counted(skipped.investment, 'investment transaction')} left out`);
  if (skipped.other > 0) say(`${counted(skipped.other, 'other record')} left out`);
  for (const { number, accountId, opening, closing, total, closes } of one.statements)
    if (closes === false && opening !== null && closing !== null)
      say(
        `statement ${number} of ${accountId} does not close: ${opening.amount} + ${total} is ${new Sum().add(opening.amount).add(total)}, and it says ${closing.amount}`,
      );
  for (const gap of one.gaps) lines.push(printableText(gapText(gap)));
  if (outcome.normalized.missing > 0)
    say(
      `${counted(outcome.normalized.missing, 'new row')} without a normalized amount, which reports leave out: load exchange rates with \`finance-db rates\``,
    );
  if (outcome.possibleDuplicates > 0) {
    say(
      `${counted(outcome.possibleDuplicates, 'new row')} may have come before under another text (imported all the same):`,
    );
    lines.push(lookalikesTable(one, style));
  }
  if (one.unpaired.count > 0) {
    say(`${counted(one.unpaired.count, 'transfer')} between own accounts without the other side yet:`);
    for (const leg of one.unpaired.legs)
      lines.push(printableText(`  ${leg.day}  ${leg.account}  ${leg.amount} ${leg.currency}  ${leg.text}`));
  }
  return lines;
}

function gapText({ account, currency, missing, ...gap }: Gap): string {
  const on = (day: string | null): string => (day === null ? '' : ` on ${day}`);
  return `${account}: something is missing between ${gap.fileBefore}, which ends with ${gap.closing}${on(gap.closingDay)}, and ${gap.fileAfter}, which begins with ${gap.opening}${on(gap.openingDay)}: entries of ${missing} ${currency} in all`;
}

function lookalikesTable(one: FileImport, style: TableStyle): string {
  return renderTable(
    [{ title: 'day' }, { title: 'amount', align: 'right' }, { title: 'payee' }, { title: 'like' }, { title: 'of' }],
    one.lookalikes.map((row) => [
      row.day,
      row.amount,
      printable(row.merchant ?? ''),
      printable(row.ofMerchant ?? ''),
      row.ofDay,
    ]),
    style,
  );
}

/** What a dry run shows beside: where the money is, and what will have no category. */
function preview(one: FileImport, style: TableStyle): string[] {
  const parts: string[] = [];
  if (one.largest.length > 0)
    parts.push(
      printable(`The largest new rows of ${one.file}:`),
      renderTable(
        [
          { title: 'day' },
          { title: 'amount', align: 'right' },
          { title: 'currency' },
          { title: 'payee' },
          { title: 'category' },
        ],
        one.largest.map((row) => [
          row.day,
          row.amount,
          row.currency,
          printable(row.merchant ?? ''),
          printable(row.category ?? ''),
        ]),
        style,
      ),
    );
  if (one.uncategorised.length > 0)
    parts.push(
      `Without a category (${counted(one.categories.none, 'row')}), by payee:`,
      renderTable(
        [{ title: 'payee' }, { title: 'rows', align: 'right' }, { title: 'sum', align: 'right' }],
        one.uncategorised.map((row) => [printable(row.merchant ?? ''), grouped(BigInt(row.rows)), row.sum]),
        style,
      ),
    );
  return parts;
}

function conclusion({ imports, dryRun, table, where, refused }: ImportResult): string[] {
  const added = imports.reduce((sum, one) => sum + one.outcome.newRows, 0);
  const transfers = imports.reduce((sum, one) => sum + one.transfers, 0);
  const lines: string[] = [];
  if (transfers > 0) lines.push(`${counted(transfers, 'transfer')} between own accounts found.`);
  if (imports.length === 0 && refused.length > 0) return lines;
  if (dryRun)
    lines.push(
      `Nothing was written: without --dry-run, ${counted(added, 'row')} would come into ${table} in ${where}.`,
    );
  else if (added === 0) lines.push('Nothing new: every row had come before.');
  else lines.push(`${counted(added, 'new row')} in ${table}, ${where}. Next: finance-db sync`);
  return lines;
}

/** One line a file, for logs. */
export function importLine(one: FileImport, now: Date): string {
  const { checked, closed } = balancesOf(one);
  const balances = checked === 0 ? '' : ` balances=${closed}/${checked}`;
  return `${now.toISOString()} import ok ${printable(one.file)}: ${one.source} rows=${one.rows} new=${one.outcome.newRows} known=${one.outcome.known} alike=${one.outcome.possibleDuplicates}${balances} sum=${one.sum}`;
}

export function refusedLine({ file, error }: RefusedFile, now: Date): string {
  // The file's name may hold line breaks, and a log has one line a file.
  const message = printable(error.message.replaceAll(file, printable(file)).replace(/\s*\n\s*/g, ' '));
  return `${now.toISOString()} import refused ${printable(file)} [${error.code}]: ${message} → ${printable(error.remedy)}`;
}

/** A file of an inbox that is left for the next run. */
export function unfinishedLine(file: string, now: Date): string {
  return `${now.toISOString()} import waits ${printable(file)}: it is still being written`;
}

function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${grouped(count)} ${count === 1 ? noun : plural}`;
}
