import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { cleanEntry } from '../../src/ingest/clean/cleanEntry.ts';
import type { StatementEntry } from '../../src/ingest/statement.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const PIECE = 1 << 18;
const PIECES = 400;

/** An entry whose texts are cut from a piece of a file, as readers cut them. */
function entryOf(number: number): StatementEntry {
  // Two letters that tell the pieces apart: digits count as alike.
  const word = `${String.fromCharCode(97 + (number % 26))}${String.fromCharCode(97 + Math.floor(number / 26))}`;
  const line = `Copperspoon${word} Trattoria${word};payment of the invoice for Trattoria${word};PMNT/CCRD/POSD/${word}`;
  const piece = line.padEnd(PIECE, ' ');
  const [payee = '', text = '', code = ''] = piece.trimEnd().split(';');
  return {
    kind: 'entry',
    place: { line: number, record: number },
    date: '2026-03-02',
    time: null,
    valueDate: null,
    amount: '-1.00',
    currency: null,
    bankId: null,
    text,
    payee,
    counterAccount: null,
    code,
    original: null,
    balance: null,
    category: null,
    subcategory: null,
    mcc: null,
    city: null,
    state: null,
  };
}

test('what cleaning remembers of a file does not keep the pieces of text that it was cut from', () => {
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let number = 0; number < PIECES; number++) cleanEntry(entryOf(number), 'csv');
  collect();
  const kept = process.memoryUsage().heapUsed - before;
  // All of the pieces are 100 MB; what is remembered, some hundred bytes each.
  expect(kept).toBeLessThan((PIECE * PIECES) / 10);
});
