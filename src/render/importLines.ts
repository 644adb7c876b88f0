import type { FileImport, LeftAside, RefusedFile } from '../app/import/result.ts';
import { counted } from '../model/counted.ts';
import { balancesOf } from './importDocument.ts';
import { printable, printableText } from './printable.ts';

/**
 * One line a file, for logs. What is seldom stands only where it is. Of a dry run it says so: nothing was written.
 * @param sampleRemoved rows of sample data that gave way to it
 */
export function importLine(one: FileImport, sampleRemoved: number, now: Date): string {
  const { checked, closed } = balancesOf(one);
  const balances = checked === 0 ? '' : ` balances=${closed}/${checked}`;
  const gaps = one.gaps.length === 0 ? '' : ` gaps=${one.gaps.length}`;
  const same = one.sameAccounts.map(({ other }) => ` same_entries_as=${printable(other)}`).join('');
  const { pending, investment, other } = one.skipped;
  const left = [
    ['pending', pending],
    ['investment', investment],
    ['other', other],
    ['sample_rows_removed', sampleRemoved],
  ].map(([what, count]) => (count === 0 ? '' : ` ${what}=${count}`));
  const ok = one.id === null ? 'dry-run ok' : 'ok';
  return `${now.toISOString()} import ${ok} ${printable(one.file)}: ${one.source} rows=${one.rows} new=${one.outcome.newRows} known=${one.outcome.known}${left.join('')} alike=${one.outcome.possibleDuplicates}${balances} sum=${one.sum}${gaps}${same}`;
}

export function refusedLine({ file, error }: RefusedFile, now: Date): string {
  // The file's name may hold line breaks, and a log has one line a file.
  const message = printable(error.message.replaceAll(file, printable(file)).replace(/\s*\n\s*/g, ' '));
  return `${now.toISOString()} import refused ${printable(file)} [${error.code}]: ${message} → ${printable(error.remedy)}`;
}

/** Folders in a folder, for logs. */
export function leftAsideLine({ name, folders, next }: LeftAside, now: Date): string {
  return `${now.toISOString()} import left ${printable(name)}: folders=${folders.length} in it were not looked into → ${printable(next)}`;
}

/** For people: what was refused, why, and what to do. */
export function renderRefused(refused: readonly RefusedFile[]): string {
  const texts = refused.map(({ file, error }) => {
    const named = error.message.startsWith(file) || error.message.includes(` ${file}`);
    return `refused [${error.code}]: ${named ? '' : `${file}: `}${error.message}\n  → ${error.remedy}\n`;
  });
  const total =
    refused.length === 1 ? '' : `${counted(refused.length, 'file')} were refused; nothing of them was imported.\n`;
  return printableText(texts.join('') + total);
}

/** A file of an inbox that is left for the next run. */
export function unfinishedLine(file: string, now: Date): string {
  return `${now.toISOString()} import waits ${printable(file)}: it is still being written`;
}
