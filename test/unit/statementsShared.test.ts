import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { StatementBalances } from '../../src/ingest/balances.ts';
import { createCamtReader } from '../../src/ingest/camt/camtReader.ts';
import { fitting } from '../../src/ingest/fits.ts';
import { createMt940Reader } from '../../src/ingest/mt940/mt940Reader.ts';
import { compareNumerals, Sum } from '../../src/ingest/numeral.ts';
import { createOfxReader } from '../../src/ingest/ofx/ofxReader.ts';
import { createQifReader } from '../../src/ingest/qif/qifReader.ts';
import { QifSurvey } from '../../src/ingest/qif/qifSurvey.ts';
import type { StatementReader } from '../../src/ingest/statement.ts';
import { sharedData } from '../support/sharedData.ts';

/** Real files of banks, which are no part of the project: they lie beside it on some machines. Elsewhere this is skipped. */
const DATA = sharedData('raw/statements/expected.tsv');

function readerOf(file: string, text: string): StatementReader {
  if (file.startsWith('mt940/')) return createMt940Reader({ file });
  if (file.startsWith('ofx/')) return createOfxReader({ file });
  if (file.startsWith('camt/')) return createCamtReader({ file });
  const survey = new QifSurvey(file);
  survey.push(text, true);
  const finding = survey.result();
  if (finding.kind === 'doubtful') throw new Error(`${file}: doubtful`);
  return createQifReader({ file, style: finding.style });
}

/** What is read of a file: rows (also those that are counted only), their sum, and how many statements close. */
function summary(folder: string, file: string) {
  const text = fs.readFileSync(path.join(folder, file), 'utf8');
  const reader = readerOf(file, text);
  const sum = new Sum();
  const balances = new StatementBalances();
  let [rows, counted] = [0, 0];
  for (let from = 0; from <= text.length; from += 1000)
    for (const event of reader.push(text.slice(from, from + 1000), from + 1000 > text.length)) {
      balances.add(event);
      if (event.kind === 'entry' || (event.kind === 'skipped' && event.amount !== null)) {
        rows += 1;
        sum.add(event.amount ?? '0');
      } else if (event.kind === 'skipped') counted += 1;
    }
  const checked = balances.statements.filter(({ closes }) => closes !== null);
  return {
    rows,
    sum: sum.toString(),
    counted,
    closing: `${checked.filter(({ closes }) => closes).length} of ${checked.length}`,
  };
}

if (DATA === undefined) test.skip('the shared statement files are not on this machine', () => {});
else {
  const folder = path.join(DATA, 'raw/statements');
  const lines = fs.readFileSync(path.join(folder, 'expected.tsv'), 'utf8').trim().split('\n').slice(1);
  describe('shared statement files', () => {
    test.each(lines.map((line) => line.split('\t')))('%s', (file = '', rows, sum = '', closing = '', note = '') => {
      const bankError = /^STATUS \d+ ERROR (.*)$/.exec(note)?.[1];
      if (bankError !== undefined || note.startsWith('bad ') || sum.startsWith('bad ')) {
        expect(() => summary(folder, file)).toThrow(
          expect.objectContaining({ code: 'BAD_INPUT', message: expect.stringContaining(bankError ?? 'expected') }),
        );
        return;
      }
      const read = summary(folder, file);
      expect(read.rows).toBe(Number(rows));
      expect(`${sum}: ${compareNumerals(read.sum, sum)}`).toBe(`${sum}: 0`);
      if (closing !== '') expect(read.closing).toBe(closing);
      expect(read.counted).toBe(Number(/^\d+(?= (?:interbank|investment))/.exec(note)?.[0] ?? 0));
    });

    test('an amount that no column holds is refused with file and line', () => {
      const file = 'ofx/fidelity-savings.ofx';
      const text = fs.readFileSync(path.join(folder, file), 'utf8');
      const events = createOfxReader({ file }).push(text, true);
      expect(() => [...fitting(file, events, { precision: 15, scale: 2 })]).toThrow(
        /^ofx\/fidelity-savings\.ofx:\d+ .*found "115\.8331"/,
      );
    });

    const camt = fs.readdirSync(path.join(folder, 'camt')).filter((name) => name.endsWith('.xml'));
    test.each(camt)('camt/%s', (name) => {
      if (name.includes('.wrong')) expect(() => summary(folder, `camt/${name}`)).toThrow('holds no statement');
      else expect(summary(folder, `camt/${name}`)).toMatchObject(CAMT[name] ?? {});
    });
  });
}

/** As another library reads them, but for the second statement's entry, which it leaves out. */
const CAMT: Readonly<Record<string, { rows: number; sum: string; closing?: string }>> = {
  'camt052.v2.xml': { rows: 1, sum: '-200000' },
  'camt052.v8.xml': { rows: 1, sum: '-200000' },
  'camt053.v2.five.decimals.xml': { rows: 1, sum: '8.850' },
  'camt053.v2.multi.statement.xml': { rows: 2, sum: '1.85', closing: '2 of 2' },
  'camt053.v4.xml': { rows: 1, sum: '8.85' },
  'camt053.v8.xml': { rows: 1, sum: '8.85' },
  'camt054.v8.xml': { rows: 1, sum: '-200000' },
  'camt53.only-Dt-with-DtTm.xml': { rows: 0, sum: '0' },
};
