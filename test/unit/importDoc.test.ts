import fs from 'node:fs';
import { expect, test } from '@jest/globals';
import { parseRules } from '../../src/ingest/categories/parseRules.ts';
import { cleanPayee } from '../../src/ingest/clean/cleanPayee.ts';

const text = fs.readFileSync('docs/import.md', 'utf8');

const cleaning = text.slice(text.indexOf('## Cleaning'), text.indexOf('### Categories'));
const examples = [...cleaning.matchAll(/^\| `(.+)` \| (.+?) \| (.*?) ?\|$/gm)].map(
  ([, raw = '', payee = '', place = '']) => ({
    raw,
    payee,
    place,
  }),
);

test('there are examples', () => expect(examples.length).toBeGreaterThan(5));

test.each(examples)('docs/import.md: $raw', ({ raw, payee, place }) => {
  const cleaned = cleanPayee(raw);
  expect(cleaned.payee).toBe(payee);
  if (place !== '') expect([cleaned.city, cleaned.state].filter((part) => part !== null).join(', ')).toBe(place);
});

test('docs/import.md: the rules can be read', () => {
  const block = /```csv\n(pattern,[^`]+)```/.exec(text)?.[1] ?? '';
  expect(parseRules('docs/import.md', block).length).toBeGreaterThan(3);
});
