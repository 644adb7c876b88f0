import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ImportFixture, makeImportFixture } from '../support/importFixture.ts';
import { ImportModel, type ModelRow } from '../support/importModel.ts';
import { CSV_PROFILE, csvText, type Entry, mt940Text } from '../support/statementTexts.ts';

/** `FC_RUNS=200 npm run jest -- test/pg/importModel` tries more. */
const RUNS = Number(process.env['FC_RUNS'] ?? 4);

let fixture: ImportFixture;
beforeAll(async () => {
  fixture = await makeImportFixture();
});
afterAll(() => fixture.close());

/** Each text has an amount of its own, so that only equal texts can meet. */
const TEXTS: readonly [text: string, cents: number][] = [
  ['Coffee', -350],
  ['Bakery', -420],
  ['Salary', 250_000],
];
const entry = fc.record({ day: fc.integer({ min: 1, max: 5 }), text: fc.constantFrom(...TEXTS) });
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      what: fc.constant('import' as const),
      entries: fc.array(entry, { minLength: 1, maxLength: 7 }),
      csv: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('undo' as const), which: fc.nat(), force: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('restore' as const), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constantFrom('delete' as const, 'edit' as const), which: fc.nat() }) },
);

const keyOf = (day: string, cents: number): string => `${day} ${cents}`;

/** The rows that are there, as the model names them. */
function shown(rows: readonly ModelRow[]): string[] {
  return rows.map(({ key, edited }) => `${key}${edited ? ' edited' : ''}`).sort();
}

async function stored(): Promise<{ txId: string; row: string }[]> {
  const [table] = await fixture.rows("SELECT to_regclass('transactions') AS t");
  if (table?.t == null) return [];
  const rows = await fixture.rows(`SELECT tx_id, "timestamp"::date AS day, (amount * 100)::bigint AS cents, merchant
    FROM transactions ORDER BY 2, 3, merchant = 'Edited', tx_id`);
  return rows.map(({ tx_id, day, cents, merchant }) => ({
    txId: tx_id ?? '',
    row: `${keyOf(day ?? '', Number(cents))}${merchant === 'Edited' ? ' edited' : ''}`,
  }));
}

test('imports, undone, restored, rows deleted and edited, in any order: as the rules say', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 12 }), async (steps) => {
      await fixture.reset();
      fixture.file('home/profiles/bank.json', CSV_PROFILE);
      const model = new ImportModel();
      for (const one of steps) {
        if (one.what === 'import') {
          const entries: Entry[] = one.entries
            .map(({ day, text: [text, cents] }) => ({ day: `2026-05-0${day}`, cents, text }))
            .sort((a, b) => a.day.localeCompare(b.day));
          const write = one.csv ? csvText : mt940Text;
          const text = write({ account: 'A', currency: 'USD', openingCents: 0, entries });
          const { imports } = await fixture.imported([fixture.file(`f${model.imports}`, text)], '--account', 'A');
          const expected = model.import(entries.map(({ day, cents }) => keyOf(day, cents)));
          expect(imports[0]).toMatchObject(expected);
        } else if (one.what === 'undo' || one.what === 'restore') {
          if (model.imports === 0) continue;
          const id = 1 + (one.which % model.imports);
          const force = one.what === 'undo' && one.force;
          if (one.what === 'undo' && model.isUndone(id) && !force) continue;
          const result = await fixture.run('import', `--${one.what}`, String(id), ...(force ? ['--force'] : []));
          expect(result).toMatchObject({ code: 0 });
          if (one.what === 'undo') model.undo(id, force);
          else model.restore(id);
        } else {
          const rows = await stored();
          const chosen = rows[one.which % Math.max(1, rows.length)];
          const row = model.present.find((candidate) => shown([candidate])[0] === chosen?.row);
          // Equal rows are not told apart here, though they were seen by different imports.
          if (chosen === undefined || row === undefined || rows.filter((other) => other.row === chosen.row).length > 1)
            continue;
          const id = `WHERE tx_id = '${chosen.txId}'`;
          if (one.what === 'delete') {
            await fixture.rows(`DELETE FROM transactions ${id}`);
            row.present = false;
          } else {
            await fixture.rows(`UPDATE transactions SET merchant = 'Edited' ${id}`);
            row.edited = true;
          }
        }
        expect((await stored()).map(({ row }) => row).sort()).toEqual(shown(model.present));
      }
    }),
    { numRuns: RUNS },
  );
});
