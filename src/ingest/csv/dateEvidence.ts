import { DATE_FORMATS, type DateFormat, dateParts, dateReader } from './dates.ts';

/** The formats in which a cell is a date that a statement may have. */
export function possibleFormats(cell: string): DateFormat[] {
  const text = cell.trim();
  if (text === '' || text.length > 40) return [];
  return DATE_FORMATS.filter((format) => {
    const date = dateReader(format)(text)?.date;
    return date !== undefined && date >= '1950' && date < '2100';
  });
}

/**
 * Of the formats in which all cells of a column can be read those that somebody writes: with a year of two digits Y-M-D is nearly
 * always possible and hardly ever meant, and nobody writes M.D.Y with points.
 */
export function sensibleFormats(formats: readonly DateFormat[], cells: readonly string[]): DateFormat[] {
  const pointed = cells.every((cell) => /^\d+\.\s?\d+\./.test(cell));
  const shortYears = cells.every((cell) => /\d\d$/.test(dateParts(cell)?.parts[2] ?? '') && !/^\d{4}/.test(cell));
  const dashed = cells.every((cell) => /^\d\d-\d\d-\d\d$/.test(cell));
  return formats.filter(
    (format) =>
      !(format === 'MDY' && pointed && formats.includes('DMY')) &&
      !(format === 'YMD' && shortYears && !dashed && (formats.includes('DMY') || formats.includes('MDY'))),
  );
}

interface Reading {
  readonly format: DateFormat;
  readonly read: ReturnType<typeof dateReader>;
  unreadable: number;
  previous: string;
  rising: boolean;
  falling: boolean;
  steps: number;
  /** Whether it ever gave another day than the first format. */
  differs: boolean;
}

/** Decides the date format over a whole file. */
export class DateEvidence {
  private readonly readings: Reading[];

  constructor(formats: readonly DateFormat[]) {
    this.readings = formats.map((format) => ({
      format,
      read: dateReader(format),
      unreadable: 0,
      previous: '',
      rising: true,
      falling: true,
      steps: 0,
      differs: false,
    }));
  }

  /** Whether a cell is a date in any of the formats. */
  reads(cell: string): boolean {
    return this.readings.some(({ read }) => read(cell) !== null);
  }

  /**
   * @param booking whether the cell is of the column that the rows are in order of
   * @returns whether it is a date in any of the formats
   */
  add(cell: string, booking: boolean): boolean {
    let readable = false;
    let first: string | null | undefined;
    for (const reading of this.readings) {
      const date = reading.read(cell)?.date ?? null;
      if (first === undefined) first = date;
      else if (date !== first) reading.differs = true;
      if (date === null) {
        reading.unreadable++;
        continue;
      }
      readable = true;
      if (!booking) continue;
      if (reading.previous !== '' && date !== reading.previous) {
        reading.steps++;
        if (date < reading.previous) reading.rising = false;
        else reading.falling = false;
      }
      reading.previous = date;
    }
    return readable;
  }

  /** The format; `others` are those that are possible as well and give other days. */
  decide(): { readonly format: DateFormat | null; readonly others: readonly DateFormat[]; readonly byOrder: boolean } {
    const fewest = Math.min(...this.readings.map(({ unreadable }) => unreadable));
    const possible = this.readings.filter(({ unreadable }) => unreadable === fewest);
    const [first] = possible;
    if (first === undefined) return { format: null, others: [], byOrder: false };
    const rivals = possible.filter((reading) => reading === first || reading.differs);
    if (rivals.length === 1) return { format: first.format, others: [], byOrder: false };
    // Statements are in order of their days. At least three steps: two are in order by chance in one of four files.
    const ordered = rivals.filter(({ rising, falling, steps }) => steps >= 3 && (rising || falling));
    const [best] = ordered;
    if (best !== undefined && ordered.length === 1) return { format: best.format, others: [], byOrder: true };
    return { format: first.format, others: rivals.slice(1).map(({ format }) => format), byOrder: false };
  }

  /** Whether the days of that format rise, fall, or neither or both (one day only). */
  direction(format: DateFormat): 'oldestFirst' | 'newestFirst' | null {
    const reading = this.readings.find((one) => one.format === format);
    if (reading === undefined || reading.rising === reading.falling) return null;
    return reading.rising ? 'oldestFirst' : 'newestFirst';
  }
}
