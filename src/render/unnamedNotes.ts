import type { FileImport } from '../app/import/result.ts';
import { counted, grouped } from '../model/counted.ts';
import { printableText } from './printable.ts';
import { sharedFolder } from './sharedFolder.ts';

const MOST_LISTED = 5;

/** What files leave open, said once however many they are; in lists as the table above them names them. */
export function unnamed(imports: readonly FileImport[]): string[] {
  const lines: string[] = [];
  const shared = sharedFolder(imports.map(({ file }) => file));
  const nameless = imports.filter((one) => one.nameless);
  const [only] = nameless;
  if (nameless.length === 1 && only !== undefined)
    lines.push(
      `${only.file}: it names no account, so its rows are under ${only.statements.accounts.join(', ')}; --account NAME calls it otherwise`,
    );
  else if (nameless.length > 1)
    lines.push(
      `${counted(nameless.length, 'file')} name no account, so their rows are under names of ours: ${listed(nameless, (one) => `${one.file.slice(shared)} (${one.statements.accounts.join(', ')})`)}; --account NAME calls one otherwise`,
    );
  const [first, ...others] = imports.filter((one) => one.assumedCurrency !== null);
  if (first === undefined) return lines.map((line) => printableText(line));
  const csv = [first, ...others].some(({ format }) => format === 'csv');
  const set = `set FINANCE_DB_BASE_CURRENCY${csv ? ', or "currency" in a profile,' : ''} before the import if they are in another`;
  lines.push(
    others.length === 0
      ? `${first.file}: it names no currency, so its amounts are taken for ${first.assumedCurrency}, the default; ${set}`
      : `${counted(others.length + 1, 'file')} name no currency, so their amounts are taken for ${first.assumedCurrency}, the default: ${listed([first, ...others], ({ file }) => file.slice(shared))}; ${set}`,
  );
  return lines.map((line) => printableText(line));
}

/** The first few of a list in words. */
function listed(imports: readonly FileImport[], words: (one: FileImport) => string): string {
  const more = imports.length - MOST_LISTED;
  return `${imports.slice(0, MOST_LISTED).map(words).join(', ')}${more > 0 ? ` and ${grouped(more)} more` : ''}`;
}
