import { badValue } from '../problem.ts';
import { QifRecords, type QifSection, sectionOf } from './qifRecords.ts';
import { type DateOrder, type QifStyle, qifDate, yearFirst } from './qifValues.ts';

/** What a first reading of the whole file tells about how it writes dates. */
export type QifFinding =
  | { readonly kind: 'known'; readonly style: QifStyle }
  /** All dates exist in both orders, and mean different days: ask. */
  | {
      readonly kind: 'doubtful';
      readonly orders: readonly [DateOrder, DateOrder];
      readonly guess: QifStyle;
      readonly example: { readonly line: number; readonly text: string };
    };

/** A QIF file does not say in which order its dates stand: this reads all of it once, before the reader does. */
export class QifSurvey {
  private readonly file: string;
  private readonly asked: DateOrder | null;
  private readonly records: QifRecords;
  private section: QifSection | null = 'entries';
  private count = 0;
  /** The first date that has another meaning in the other order. */
  private example: { line: number; text: string } | null = null;
  private readonly possible: Record<'DMY' | 'MDY', boolean> = { DMY: true, MDY: true };
  /** The line that ruled an order out. */
  private readonly ruledOut: Partial<Record<'DMY' | 'MDY', number>> = {};
  private readonly steps: Record<'DMY' | 'MDY', { last: string; back: number; forth: number }> = {
    DMY: { last: '', back: 0, forth: 0 },
    MDY: { last: '', back: 0, forth: 0 },
  };
  private commas = 0;
  private points = 0;

  /**
   * @param file its name, for messages
   * @param asked the order that the user gave: then only amounts are looked at, and the reader tells the dates that do not fit
   */
  constructor(file: string, asked: DateOrder | null = null) {
    this.file = file;
    this.asked = asked;
    this.records = new QifRecords(file);
  }

  /**
   * Takes the next text of the file.
   * @throws FinanceDbError BAD_INPUT for a date that exists in no order, or in another than one before it
   */
  push(text: string, final = false): void {
    for (const record of this.records.push(text, final)) {
      if (record.kind === 'header') {
        this.section = sectionOf(record.text) ?? this.section;
        continue;
      }
      if (this.section !== 'entries' && this.section !== 'investments') continue;
      this.count += 1;
      for (const { letter, value, line } of record.fields) {
        if (letter === 'D') this.date(value, line);
        else if (letter === 'T' || letter === 'U' || letter === '$') this.amount(value);
      }
    }
  }

  /** @returns the style of the file, or what to ask, once all text was pushed */
  result(): QifFinding {
    const decimalMark = this.commas > this.points ? ',' : '.';
    if (this.asked !== null) return { kind: 'known', style: { dateOrder: this.asked, decimalMark } };
    const { DMY, MDY } = this.possible;
    if (DMY && MDY && this.example !== null)
      return {
        kind: 'doubtful',
        orders: ['MDY', 'DMY'],
        guess: { dateOrder: this.guess(decimalMark), decimalMark },
        example: this.example,
      };
    return { kind: 'known', style: { dateOrder: MDY ? 'MDY' : 'DMY', decimalMark } };
  }

  private date(text: string, line: number): void {
    if (this.asked !== null || text === '' || yearFirst(text)) return;
    const days = { DMY: qifDate(text, 'DMY'), MDY: qifDate(text, 'MDY') };
    for (const order of ['DMY', 'MDY'] as const) {
      const day = days[order];
      if (day === null) {
        this.possible[order] = false;
        this.ruledOut[order] ??= line;
      } else this.step(order, day);
    }
    if (days.DMY !== null && days.MDY !== null && days.DMY !== days.MDY) this.example ??= { line, text };
    if (this.possible.DMY || this.possible.MDY) return;
    const other = days.DMY === null ? this.ruledOut.MDY : this.ruledOut.DMY;
    throw badValue(
      this.file,
      { line, record: this.count },
      'D',
      text,
      days.DMY === null && days.MDY === null
        ? 'there is no such day, whether the day or the month stands first'
        : `day and month stand in another order than on line ${other}`,
    );
  }

  private step(order: 'DMY' | 'MDY', day: string): void {
    const steps = this.steps[order];
    if (steps.last !== '' && day !== steps.last) day > steps.last ? steps.forth++ : steps.back++;
    steps.last = day;
  }

  /** The order in which the file is sorted better; with a decimal comma the day stands first, else the month, as in Quicken. */
  private guess(decimalMark: '.' | ','): DateOrder {
    const turns = (order: 'DMY' | 'MDY'): number => Math.min(this.steps[order].back, this.steps[order].forth);
    if (turns('DMY') !== turns('MDY')) return turns('DMY') < turns('MDY') ? 'DMY' : 'MDY';
    return decimalMark === ',' ? 'DMY' : 'MDY';
  }

  private amount(text: string): void {
    const mark = /([.,])\d{0,2}$/.exec(text)?.[1];
    if (mark === ',') this.commas += 1;
    else if (mark === '.') this.points += 1;
    else if (/\d\.\d{3}\.\d{3}$/.test(text)) this.commas += 1;
  }
}
