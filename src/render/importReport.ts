import type { FileImport, Gap, ImportResult, LeftAside } from '../app/import/result.ts';
import { Sum } from '../ingest/numeral.ts';
import { agreeing, counted, grouped } from '../model/counted.ts';
import { fittingTable } from './fittingTable.ts';
import { balancesOf } from './importDocument.ts';
import { printable, printableText } from './printable.ts';
import { sharedFolder } from './sharedFolder.ts';
import { renderTable, type TableStyle } from './table.ts';
import { unnamed } from './unnamedNotes.ts';
import { wrapText } from './wrap.ts';

/** For people: a row a file, then whatever deserves a second look, then what comes next. */
export function renderImport(result: ImportResult, style: TableStyle): string {
  const { imports, dryRun } = result;
  const parts: string[] = [];
  if (result.sampleRemoved > 0)
    parts.push(
      `${counted(result.sampleRemoved, 'row')} of sample data ${dryRun ? 'would give' : 'gave'} way to real ones.`,
    );
  if (imports.length > 0 && !dryRun) parts.push(filesTable(imports, style));
  for (const one of imports) {
    if (dryRun) parts.push(fileTable(one, style));
    parts.push(...notes(one, style));
    if (dryRun) parts.push(...preview(one, style));
  }
  parts.push(...unnamed(imports));
  parts.push(...[...result.leftAside.map(leftAsideText), ...conclusion(result)].map((line) => printableText(line)));
  // Refused files are told elsewhere.
  if (parts.length === 0) return '';
  return wrapText(`${parts.join('\n')}\n`, style.width, 2);
}

function filesTable(imports: readonly FileImport[], style: TableStyle): string {
  const count = { align: 'right' } as const;
  const shared = sharedFolder(imports.map(({ file }) => file));
  return fittingTable<FileImport>(
    [
      { title: '#', ...count, cell: ({ id }) => id ?? '' },
      { title: 'file', names: true, least: 16, cell: ({ file }) => printable(file.slice(shared)) },
      { title: 'account', names: true, goes: 2, least: 12, cell: (one) => printable(accountsText(one)) },
      { title: 'rows', ...count, goes: 3, cell: ({ rows }) => grouped(rows) },
      { title: 'new', ...count, cell: ({ outcome }) => grouped(outcome.newRows) },
      { title: 'known', ...count, cell: ({ outcome }) => grouped(outcome.known) },
      { title: 'alike', ...count, cell: ({ outcome }) => grouped(outcome.possibleDuplicates) },
      { title: 'balances', least: 12, cell: balancesText },
      { title: 'from', goes: 1, least: 10, cell: ({ outcome }) => outcome.first ?? '' },
      { title: 'to', goes: 1, least: 10, cell: ({ outcome }) => outcome.last ?? '' },
      { title: 'sum', ...count, cell: ({ sum }) => sum },
    ],
    imports,
    style,
  );
}

/** A table of one file, for a look before it comes in. */
function fileTable(one: FileImport, style: TableStyle): string {
  const { outcome, skipped, statements } = one;
  const left = [
    [skipped.pending, 'not booked yet'],
    [skipped.investment, 'investments'],
    [skipped.other, 'other records'],
  ].flatMap(([number, what]) => (number === 0 ? [] : [`${grouped(Number(number))} ${what}`]));
  const days = outcome.first === null ? 'none' : `${outcome.first} to ${outcome.last ?? ''}`;
  const rows: [string, string][] = [
    ['account', printable(statements.accounts.join(', '))],
    ['read as', printable(one.source)],
    ['statements', grouped(statements.count)],
    ['rows', grouped(one.rows)],
    ['new', grouped(outcome.newRows)],
    ['known', grouped(outcome.known)],
    ['possible duplicates', grouped(outcome.possibleDuplicates)],
    ...(left.length === 0 ? [] : [['left out', left.join(', ')] as [string, string]]),
    ['balances', balanceLine(one)],
    ['days', days],
    ['sum', one.sum],
  ];
  return renderTable([{ title: 'file' }, { title: printable(one.file), wrap: true }], rows, style);
}

/** The sum that proves a file of one statement; the count of those that close where it has more. */
function balanceLine(one: FileImport): string {
  const { only } = one.statements;
  if (only?.opening == null || only.closing === null) return balancesText(one);
  const sum = `${only.opening.amount} + ${only.total}`.replace('+ -', '- ');
  return only.closes
    ? `close: ${sum} = ${only.closing.amount}`
    : `do not close: ${sum} is ${new Sum().add(only.opening.amount).add(only.total)}, not ${only.closing.amount}`;
}

function accountsText({ statements: { accounts } }: FileImport): string {
  return accounts.length > 1 ? counted(accounts.length, 'account') : (accounts[0] ?? '');
}

/** `3 of 3 close`, or that there is nothing to check. */
function balancesText(one: FileImport): string {
  const { checked, closed } = balancesOf(one);
  return checked === 0 ? 'not given' : `${closed} of ${checked} close`;
}

/** What a reader of the table should know of one file. */
function notes(one: FileImport, style: TableStyle): string[] {
  const lines: string[] = [];
  const { skipped, outcome } = one;
  const say = (text: string): number => lines.push(printableText(`${one.file}: ${text}`));
  if (skipped.pending > 0)
    say(
      `${counted(skipped.pending, 'entry', 'entries')} not booked yet: left out until the bank has booked ${agreeing(skipped.pending, 'it', 'them')}`,
    );
  if (skipped.investment > 0) say(`${counted(skipped.investment, 'investment transaction')} left out`);
  if (skipped.other > 0) say(`${counted(skipped.other, 'other record')} left out`);
  const { unclosed, checked, closed } = one.statements;
  for (const { number, accountId, opening, closing, total } of unclosed)
    if (opening !== null && closing !== null)
      say(
        `statement ${number} of ${accountId} does not close: ${opening.amount} + ${total} is ${new Sum().add(opening.amount).add(total)}, and it says ${closing.amount}`,
      );
  if (checked - closed > unclosed.length)
    say(`so it is with ${counted(checked - closed - unclosed.length, 'more statement')}`);
  for (const { account, other, rows, among } of one.sameAccounts)
    say(
      `${grouped(rows)} of its ${counted(among, 'row')} within the days of ${other} ${agreeing(rows, 'is', 'are')} in there too, by day and amount. If ${account} is the same account, ${one.id === null ? '' : `\`finance-db import --undo ${one.id}\` and `}import it with --account '${other}', else each entry counts twice`,
    );
  for (const gap of one.gaps) lines.push(printableText(gapText(gap)));
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

function leftAsideText({ name, folders, next }: LeftAside): string {
  const what = `${counted(folders.length, 'folder')} in it ${agreeing(folders.length, 'was', 'were')}`;
  return `${name}: ${what} left aside. \`${next}\` imports ${agreeing(folders.length, 'its files', 'their files')}`;
}

function conclusion(result: ImportResult): string[] {
  const { imports, dryRun, table, where, refused } = result;
  const added = imports.reduce((sum, one) => sum + one.outcome.newRows, 0);
  const transfers = imports.reduce((sum, one) => sum + one.transfers, 0);
  const lines: string[] = [];
  if (transfers > 0) lines.push(`${counted(transfers, 'transfer')} between own accounts found.`);
  lines.push(...notNormalized(result));
  if (imports.length === 0 && refused.length > 0) return lines;
  if (dryRun)
    lines.push(`Nothing was written: without --dry-run, ${counted(added, 'row')} would come into ${table} (${where}).`);
  else if (added === 0)
    lines.push(
      imports.some(({ outcome }) => outcome.known > 0)
        ? 'Nothing new: every row had come before.'
        : 'Nothing new: there was no booked row.',
    );
  else lines.push(`${counted(added, 'new row')} in ${table} (${where}). Next: finance-db sync`);
  if (
    result.statementsTables !== null &&
    !dryRun &&
    added > 0 &&
    imports.some(({ statements }) => statements.haveBalances)
  )
    lines.push(
      `For \`finance-db stats balances\` sync what statements say too: FINANCE_DB_TABLES=${result.statementsTables}, in the environment or .env`,
    );
  return lines;
}

/** Amounts in other currencies than the one that reports count in: said once for all files. */
function notNormalized({ imports, baseCurrency }: ImportResult): string[] {
  const missing = imports.reduce((sum, one) => sum + one.outcome.normalized.missing, 0);
  if (missing === 0) return [];
  const currencies = new Set(imports.flatMap(({ statements }) => statements.currencies));
  currencies.delete(baseCurrency);
  const [only] = currencies;
  const setting = `FINANCE_DB_BASE_CURRENCY=${currencies.size === 1 ? only : '…'}`;
  return [
    `${counted(missing, 'new row')} ${agreeing(missing, 'has', 'have')} no amount in ${baseCurrency}, the base currency, so that reports leave ${agreeing(missing, 'it', 'them')} out. \`finance-db rates --from eurofxref-hist.zip\` mends that; if your money is not in ${baseCurrency}, set ${setting} and then run \`finance-db rates\`.`,
  ];
}
