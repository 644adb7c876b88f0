import { FinanceDbError } from '../../errors/financeDbError.ts';
import type { CsvGuess } from '../../ingest/csv/guess.ts';
import type { QifFinding } from '../../ingest/qif/qifSurvey.ts';
import { type Given, learnCommand } from './furtherCommands.ts';

const LONGEST_PREVIEW = 48;

/** A CSV file that nothing proves: what it seems to be, its first rows as they would be read, and how to confirm that. */
export function doubtfulLayout(file: string, guess: CsvGuess, given: Given): FinanceDbError {
  const rows = guess.preview.map((row) =>
    previewLine({ ...row, currency: row.currency ?? guess.profile?.currency ?? null }),
  );
  const lines = [
    `${file}: nothing proves how this file is to be read`,
    ...guess.doubts.map((doubt) => `  - ${doubt}`),
    ...(rows.length > 0 ? ['its first rows would be read as:', ...rows] : []),
  ];
  return new FinanceDbError('IMPORT_DOUBTFUL', lines.join('\n'), {
    remedy:
      guess.profile === null
        ? 'write a profile for it (docs/profiles.md) and name it with --profile'
        : howToConfirm(file, guess, given),
    details: {
      file,
      doubts: guess.doubts,
      rows: guess.rows,
      preview: guess.preview.map(({ date, amount, currency, text }) => ({ date, amount, currency, text })),
    },
  });
}

/** A row as it would be read, in one line that an 80-column terminal has room for. */
export function previewLine({
  date,
  amount,
  currency,
  text,
}: {
  readonly date: string;
  readonly amount: string;
  readonly currency: string | null;
  readonly text: string;
}): string {
  const shown = text.length > LONGEST_PREVIEW ? `${text.slice(0, LONGEST_PREVIEW - 1)}…` : text;
  return `  ${date}  ${amount.padStart(12)} ${currency ?? ''}  ${shown}`;
}

function howToConfirm(file: string, { otherOrders }: CsvGuess, given: Given): string {
  const [other] = otherOrders;
  const swapped = other === undefined ? '' : `; if days and months are the other way round, add --date-order ${other}`;
  if (file === '-' || file.startsWith('-/'))
    return 'write it to a file: `finance-db import --learn FILE --yes` imports it as these rows show';
  return `if these rows are right, \`${learnCommand(file, given)} --yes\` keeps that as a profile and imports the file${swapped}; if not, the same without --yes keeps it to be corrected (docs/profiles.md)`;
}

/** A QIF file all of whose dates exist with the day first and with the month first. */
export function doubtfulOrder(file: string, finding: Extract<QifFinding, { kind: 'doubtful' }>): FinanceDbError {
  const { example, guess } = finding;
  return new FinanceDbError(
    'IMPORT_DOUBTFUL',
    `${file}:${example.line}: ${example.text} may be read with the day or with the month first, and no date of the file tells which`,
    {
      remedy: `say which with --date-order, likely ${guess.dateOrder}`,
      details: { file, line: example.line, value: example.text, orders: finding.orders },
    },
  );
}
