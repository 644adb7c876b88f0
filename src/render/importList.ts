import type { ListedImport, ListedRow, Restored, Undone } from '../app/import/manage.ts';
import { agreeing, counted, grouped } from '../model/counted.ts';
import { fittingTable } from './fittingTable.ts';
import { jsonNumeral, jsonText } from './json.ts';
import { printable } from './printable.ts';
import { sharedFolder } from './sharedFolder.ts';
import { renderTable, type TableStyle } from './table.ts';

/** One import in `import --list --json`. */
export function listedDocument(one: ListedImport): Record<string, unknown> {
  return {
    id: Number(one.id),
    file: one.file,
    format: one.format,
    source: one.source,
    imported_at: one.importedAt,
    undone_at: one.undoneAt,
    accounts: one.accounts,
    rows: Number(one.rows),
    new: Number(one.newRows),
    known: Number(one.known),
    possible_duplicates: Number(one.possibleDuplicates),
    first: one.first,
    last: one.last,
    sum: jsonNumeral(one.sum),
  };
}

export function renderImports(imports: readonly ListedImport[], style: TableStyle): string {
  if (imports.length === 0) return 'Nothing was imported yet.\n';
  const count = { align: 'right' } as const;
  const shared = sharedFolder(imports.map(({ file }) => file));
  const anyUndone = imports.some(({ undoneAt }) => undoneAt !== null);
  const table = fittingTable<ListedImport>(
    [
      { title: '#', ...count, cell: ({ id }) => id },
      { title: 'imported', least: 16, cell: ({ importedAt }) => importedAt.replace('T', ' ').replace(/:\d\dZ$/, '') },
      { title: 'file', names: true, least: 20, cell: ({ file }) => printable(file.slice(shared)) },
      { title: 'account', names: true, goes: 2, least: 12, cell: (one) => printable(accountsText(one)) },
      { title: 'rows', ...count, goes: 3, cell: ({ rows }) => grouped(BigInt(rows)) },
      { title: 'new', ...count, cell: ({ newRows }) => grouped(BigInt(newRows)) },
      { title: 'known', ...count, cell: ({ known }) => grouped(BigInt(known)) },
      { title: 'from', goes: 1, least: 10, cell: ({ first }) => first ?? '' },
      { title: 'to', goes: 1, least: 10, cell: ({ last }) => last ?? '' },
      { title: 'sum', ...count, cell: ({ sum }) => withCents(sum ?? '') },
      ...(anyUndone ? [{ title: 'undone', least: 10, cell: undoneText }] : []),
    ],
    imports,
    style,
  );
  return `${table}\n`;
}

function accountsText({ accounts }: ListedImport): string {
  return accounts.length > 1 ? counted(accounts.length, 'account') : (accounts[0] ?? '');
}

function undoneText({ undoneAt }: ListedImport): string {
  return undoneAt?.slice(0, 10) ?? '';
}

/** `-1` as `-1.00`, as money is written. */
function withCents(sum: string): string {
  if (!sum.includes('.')) return sum === '' ? '' : `${sum}.00`;
  return sum.replace(/\.(\d)$/, '.$10');
}

const NUMBERS = new Set(['record', 'line']);
const NUMERALS = new Set(['amount', 'original_amount', 'normalized_amount', 'balance']);
const FLAGS = new Set(['undone', 'is_recurring']);

/** A row of `import --list ID --json` as text: amounts are exact numerals. */
export function listedRowText(row: ListedRow): string {
  const entries = Object.entries(row).map(([name, value]) => {
    if (value === null) return [name, null];
    if (NUMBERS.has(name)) return [name, Number(value)];
    if (NUMERALS.has(name)) return [name, jsonNumeral(value)];
    if (FLAGS.has(name)) return [name, value === 't'];
    return [name, value];
  });
  return jsonText(Object.fromEntries(entries));
}

/** Two lines an entry: what it became, and how. */
export function renderRow(row: ListedRow): string {
  const by = (value: string | null | undefined, how: string | null | undefined): string =>
    value ? `${value}${how ? ` (${how})` : ''}` : '-';
  const head = [row.record?.padStart(5), row.booked, row.amount?.padStart(12), row.currency, row.outcome];
  const tail = [by(row.merchant, row.merchant_by), by(row.category, row.category_by), row.text];
  return `${printable(head.join('  '))}\n       ${printable(tail.join(' · '))}\n`;
}

export function undoneDocument(id: string, undone: Undone): Record<string, unknown> {
  return {
    status: 'ok',
    import: Number(id),
    deleted: undone.deleted,
    seen_elsewhere: undone.seenElsewhere,
    edited: undone.editedCount,
    edited_rows: undone.edited.map(({ txId, day, amount, merchant }) => ({
      tx_id: txId,
      day,
      amount: jsonNumeral(amount),
      merchant,
    })),
  };
}

export function renderUndone(id: string, undone: Undone, forced: boolean, style: TableStyle): string {
  const lines = [`Import ${id} is undone: ${counted(undone.deleted, 'row')} deleted.`];
  if (undone.seenElsewhere > 0)
    lines.push(
      `${counted(undone.seenElsewhere, 'row')} ${agreeing(undone.seenElsewhere, 'stays, as another import has it', 'stay, as another import has them')} too.`,
    );
  if (undone.editedCount > 0 && !forced) {
    const them = agreeing(undone.editedCount, 'it', 'them');
    lines.push(
      `${counted(undone.editedCount, 'row')} ${agreeing(undone.editedCount, 'stays', 'stay')}, as somebody has changed ${them} since; --undo ${id} --force deletes ${them} too:`,
      renderTable(
        [{ title: 'tx_id' }, { title: 'day' }, { title: 'amount', align: 'right' }, { title: 'payee' }],
        undone.edited.map(({ txId, day, amount, merchant }) => [
          printable(txId),
          day,
          amount,
          printable(merchant ?? ''),
        ]),
        style,
      ),
    );
    const shown = undone.edited.length;
    if (shown < undone.editedCount) lines.push(`${grouped(shown)} of ${grouped(undone.editedCount)} shown.`);
  }
  return `${lines.join('\n')}\n`;
}

export function renderRestored(id: string, { restored, alike }: Restored): string {
  const lines = [
    restored === 0
      ? `Import ${id} stands: none of its rows was gone.`
      : `${counted(restored, 'row')} of import ${id} brought back.`,
  ];
  if (alike > 0)
    lines.push(
      `${grouped(alike)} of them may be there twice now: another row has the same account, day and amount, and came otherwise.`,
    );
  return `${lines.join('\n')}\n`;
}
