import { FinanceDbError } from '../../errors/financeDbError.ts';
import { CsvRecords } from '../../model/csvRecords.ts';
import { dayText } from '../days.ts';
import { badValue } from '../problem.ts';

/** What one euro cost on a day. */
export interface ExchangeRate {
  readonly day: string;
  readonly currency: string;
  readonly rate: string;
}

/**
 * Reads the history of the European Central Bank's reference rates (`eurofxref-hist.csv`): a column of days, a column a currency,
 * `N/A` where there is no rate.
 * @param file its name, for messages
 * @throws FinanceDbError BAD_INPUT naming file, line, currency and value
 */
export function* readEcbRates(file: string, text: string): Generator<ExchangeRate, void, undefined> {
  let currencies: readonly string[] | null = null;
  for (const { line, fields } of new CsvRecords(file).push(text, true)) {
    const cells = fields.map((field) => (field ?? '').trim());
    if (currencies === null) {
      currencies = cells.slice(1);
      if (cells[0]?.toLowerCase() !== 'date' || currencies.some((name) => name !== '' && !/^[A-Z]{3}$/.test(name)))
        throw new FinanceDbError(
          'BAD_INPUT',
          `${file}:${line}: it is not the history of the ECB's rates: its header is not Date,USD,JPY,…`,
          {
            remedy: 'give eurofxref-hist.zip, or the .csv in it',
            details: { file, line },
          },
        );
      continue;
    }
    const place = { line, record: 0 };
    const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(cells[0] ?? '') ?? [];
    const date = dayText(Number(year), Number(month), Number(day));
    if (date === null) throw badValue(file, place, 'Date', cells[0] ?? '', 'it is not a day like 2026-01-31');
    for (const [index, currency] of currencies.entries()) {
      const rate = cells[index + 1] ?? '';
      if (currency === '' || rate === '' || rate === 'N/A') continue;
      if (!/^\d{1,12}(?:\.\d{1,8})?$/.test(rate) || !/[1-9]/.test(rate))
        throw badValue(file, place, currency, rate, 'it is not a rate like 1.0837');
      yield { day: date, currency, rate };
    }
  }
  if (currencies === null)
    throw new FinanceDbError('BAD_INPUT', `${file}: it is empty`, { remedy: 'download it again', details: { file } });
}
