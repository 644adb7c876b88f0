import { FinanceDbError } from '../../errors/financeDbError.ts';
import { type CsvRecord, CsvRecords } from '../../model/csvRecords.ts';
import { type ImportPlan, planImport } from '../../model/importPlan.ts';
import { normalNumeral } from '../numeral.ts';
import type { StatementEntry, StatementEvent, StatementReader } from '../statement.ts';
import { OWN_PROFILE } from './ownProfile.ts';
import { isHeaderOf } from './profile.ts';

/**
 * Reads a file in our own columns by the same plan as `init --from`: what that refuses is refused here, and what it stores is stored.
 * `created_at` alone is left out, since an import writes when a row came.
 * @param options.baseCurrency the currency of rows where the file has no column for it
 */
export function createOwnReader(options: { readonly file: string; readonly baseCurrency: string }): StatementReader {
  return new OwnReader(options.file, options.baseCurrency);
}

class OwnReader implements StatementReader {
  private readonly records: CsvRecords;
  private plan: ImportPlan | null = null;
  private valueOf: (row: readonly (string | null)[], name: string) => string | null = () => null;
  private record = 0;
  private line = 1;
  private readonly file: string;
  private readonly baseCurrency: string;

  constructor(file: string, baseCurrency: string) {
    this.file = file;
    this.baseCurrency = baseCurrency;
    this.records = new CsvRecords(file);
  }

  push(text: string, final = false): StatementEvent[] {
    const events: StatementEvent[] = [];
    for (const record of this.records.push(text, final)) {
      this.line = record.line;
      if (this.plan !== null) events.push(this.entry(this.plan, record));
      else if (this.isHeader(record)) events.push(this.start(record));
    }
    if (final) events.push(this.end());
    return events;
  }

  private isHeader({ fields }: CsvRecord): boolean {
    const { match } = OWN_PROFILE;
    return (
      match !== null &&
      isHeaderOf(
        match,
        fields.map((field) => field ?? ''),
      )
    );
  }

  private start(header: CsvRecord): StatementEvent {
    const plan = planImport(this.file, header, this.baseCurrency);
    const at = new Map(plan.columns.map((name, index) => [name, index]));
    this.valueOf = (row, name) => row[at.get(name) ?? -1] ?? null;
    this.plan = plan;
    const place = { line: header.line, record: 0 };
    return { kind: 'start', place, account: null, currency: null, number: null, opening: null };
  }

  private entry(plan: ImportPlan, record: CsvRecord): StatementEntry {
    const row = plan.toRow(record, null);
    const value = (name: string): string | null => this.valueOf(row, name);
    const [date = '', time] = (value('timestamp') ?? '').trim().split(/[T ]/);
    const account = value('account_id');
    const merchant = value('merchant');
    const normalized = value('normalized_amount');
    return {
      kind: 'entry',
      place: { line: record.line, record: ++this.record },
      date,
      time: time === undefined ? null : time.length === 5 ? `${time}:00` : time,
      valueDate: null,
      amount: numeral(value('amount')) ?? '0',
      currency: value('currency') ?? '',
      bankId: null,
      text: merchant ?? '',
      payee: merchant,
      counterAccount: null,
      code: null,
      mcc: value('mcc'),
      city: value('city'),
      state: value('state'),
      category: value('category'),
      subcategory: value('subcategory'),
      original: null,
      balance: null,
      ...(account === null || account === '' ? {} : { account: { id: account, name: null, type: 'bank' } }),
      own: {
        txId: value('tx_id') ?? '',
        channel: value('channel'),
        isRecurring: value('is_recurring')?.trim() ?? null,
        normalizedAmount: numeral(normalized),
      },
    };
  }

  private end(): StatementEvent {
    const { file, line } = this;
    if (this.plan === null)
      throw new FinanceDbError('BAD_INPUT', `${file}: no header with our own columns (tx_id, timestamp, amount, …)`, {
        details: { file },
        remedy: 'write the names of the columns into its first line',
      });
    return { kind: 'end', place: { line, record: 0 }, opening: null, closing: null };
  }
}

/** Checked by the plan: digits with a point, a sign, blanks around. */
function numeral(text: string | null): string | null {
  return text === null ? null : normalNumeral(text.trim());
}
