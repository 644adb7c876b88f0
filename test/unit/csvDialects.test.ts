import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CsvGuesser } from '../../src/ingest/csv/guess.ts';
import { createCsvReader } from '../../src/ingest/csv/reader.ts';
import type { StatementEvent } from '../../src/ingest/statement.ts';
import { type CsvDialect, csvText, dialects, entries, type PlainEntry } from '../support/csvDialects.ts';

function guessOf(text: string) {
  const guesser = new CsvGuesser('f.csv');
  guesser.push(text, true);
  return guesser.result();
}

function numeral(cents: number): string {
  const digits = String(Math.abs(cents)).padStart(3, '0');
  return `${cents < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

function expected({ order }: CsvDialect, plain: readonly PlainEntry[]) {
  const rows = plain.map(({ date, cents, text }) => ({
    date,
    amount: numeral(cents),
    text: text.replace(/\s+/g, ' ').trim(),
  }));
  return order === 'newestFirst' ? rows.reverse() : rows;
}

describe('a table of entries written as any bank writes', () => {
  test('is read as it was when it is proven, and what is not proven says why', () => {
    let [proven, all] = [0, 0];
    fc.assert(
      fc.property(dialects, entries, fc.integer({ min: -9_999_999, max: 99_999_999 }), (dialect, plain, opening) => {
        const text = csvText(dialect, plain, opening);
        const guess = guessOf(text);
        all++;
        if (guess.verdict === 'unproven') {
          expect(guess.doubts).not.toEqual([]);
          return;
        }
        proven++;
        expect(guess.rows).toBe(plain.length);
        if (guess.profile === null) throw new Error('proven without a profile');
        const events = createCsvReader({ file: 'f.csv', profile: guess.profile }).push(text, true);
        const read = [...events].flatMap((event) =>
          event.kind === 'entry' ? [{ date: event.date, amount: event.amount, text: event.text }] : [],
        );
        expect(read).toEqual(expected(dialect, plain));
        const end = [...events].at(-1);
        const closing = opening + plain.reduce((sum, { cents }) => sum + cents, 0);
        expect(end).toMatchObject({
          kind: 'end',
          opening: { amount: numeral(opening) },
          closing: { amount: numeral(closing) },
        });
      }),
      { numRuns: 200 },
    );
    // Only dates that can be read in two ways stand against a proof here.
    expect(proven / all).toBeGreaterThan(0.8);
  });

  test('gives the same events however the text is cut', () => {
    fc.assert(
      fc.property(dialects, entries, fc.array(fc.nat(3000), { maxLength: 20 }), (dialect, plain, cuts) => {
        const text = csvText(dialect, plain, 100_000);
        const { profile } = guessOf(text);
        if (profile === null) throw new Error('no profile');
        const whole = [...createCsvReader({ file: 'f.csv', profile }).push(text, true)];
        const reader = createCsvReader({ file: 'f.csv', profile });
        const pieces: StatementEvent[] = [];
        let from = 0;
        for (const cut of cuts.filter((one) => one < text.length).sort((a, b) => a - b)) {
          pieces.push(...reader.push(text.slice(from, cut)));
          from = cut;
        }
        pieces.push(...reader.push(text.slice(from), true));
        expect(pieces).toEqual(whole);
        const guesser = new CsvGuesser('f.csv');
        guesser.push(text.slice(0, cuts[0] ?? 0));
        guesser.push(text.slice(cuts[0] ?? 0), true);
        expect(guesser.result()).toEqual(guessOf(text));
      }),
    );
  });
});

describe('a balance that may be a debt', () => {
  const SIDES = {
    spent: ['Joe Diner', 'Bookshop', 'XYZ Ltd', 'UBER TRIP'],
    repaid: ['Payment', 'Transfer', 'Ausgleich', 'Thank you'],
  };
  const card = fc.array(
    fc.record({ gap: fc.nat(6), cents: fc.integer({ min: 1, max: 300_000 }), repays: fc.boolean(), text: fc.nat(3) }),
    {
      minLength: 3,
      maxLength: 40,
    },
  );
  test('is never proven with the wrong sign, whichever signs the amounts have', () => {
    fc.assert(
      fc.property(
        card,
        fc.integer({ min: 0, max: 200_000 }),
        fc.boolean(),
        fc.boolean(),
        (rows, owed, turned, named) => {
          let [debt, day] = [owed, Date.UTC(2024, 0, 3)];
          const lines = rows.map(({ gap, cents, repays, text }, index) => {
            debt += repays ? -cents : cents;
            day += gap * 86_400_000;
            const words = named ? SIDES[repays ? 'repaid' : 'spent'][text] : `Row ${index}`;
            const shown = repays === turned ? -cents : cents;
            return `${new Date(day).toISOString().slice(0, 10)},${words},${numeral(shown)},${numeral(debt)}`;
          });
          const guess = guessOf(`Date,Description,Amount,Balance\n${lines.join('\n')}\n`);
          if (guess.verdict === 'unproven') return;
          const [first] = guess.preview;
          const cents = (rows[0]?.cents ?? 0) * (rows[0]?.repays ? 1 : -1);
          expect(first?.amount).toBe(numeral(cents));
        },
      ),
      { numRuns: 300 },
    );
  });
});
