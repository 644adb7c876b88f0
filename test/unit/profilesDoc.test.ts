import fs from 'node:fs';
import { expect, test } from '@jest/globals';
import { matchProfile } from '../../src/ingest/csv/matchProfile.ts';
import { COLUMN_ROLES, type CsvProfile } from '../../src/ingest/csv/profile.ts';
import { parseProfile, profileJson } from '../../src/ingest/csv/profileJson.ts';
import { createCsvReader } from '../../src/ingest/csv/reader.ts';
import type { StatementEvent } from '../../src/ingest/statement.ts';

const DOC = fs.readFileSync('docs/profiles.md', 'utf8');
const EXAMPLES = [...DOC.matchAll(/```csv\n([\s\S]*?)```\n```json\n([\s\S]*?)```\n```text\n([\s\S]*?)```/g)].map(
  ([, csv = '', json = '', text = '']) => ({ csv, json, text, name: parseProfile('example', json).name }),
);

function line(event: StatementEvent, currency: string | null): string | null {
  if (event.kind === 'start')
    return event.account === null ? null : `account ${event.account.id} (${event.account.type})`;
  if (event.kind === 'end')
    return event.opening === null ? null : `balance ${event.opening.amount} to ${event.closing?.amount}`;
  if (event.kind === 'skipped') return `not imported: ${event.amount} (${event.reason})`;
  const { date, time, amount, text, category, valueDate, original } = event;
  return [
    date,
    time,
    amount,
    event.currency ?? currency,
    text,
    category && `[${category}]`,
    valueDate && `(value ${valueDate})`,
    original && `(was ${original.amount} ${original.currency})`,
  ]
    .filter((part) => part !== null)
    .join(' ');
}

function shown(csv: string, profile: CsvProfile): string {
  let currency: string | null = null;
  const lines: string[] = [];
  for (const event of createCsvReader({ file: 'example.csv', profile }).push(csv, true)) {
    if (event.kind === 'start') currency = event.currency;
    const one = line(event, currency);
    if (one !== null) lines.push(`${one}\n`);
  }
  return lines.join('');
}

test.each(EXAMPLES)('docs/profiles.md: $name', ({ csv, json, text }) => {
  const profile = parseProfile('example', json);
  expect(shown(csv, profile)).toBe(text);
  if (profile.match !== null) expect(matchProfile('example.csv', () => csv, true, [profile])?.name).toBe(profile.name);
  expect(parseProfile('again', profileJson(profile))).toEqual(profile);
});

test('docs/profiles.md names every field', () => {
  expect(EXAMPLES.length).toBeGreaterThanOrEqual(10);
  const fields = [
    'match',
    'optional',
    'extraColumns',
    'encoding',
    'delimiter',
    'skipLines',
    'dateFormat',
    'decimalMark',
    'thousands',
    'sign',
    'accountType',
    'order',
    'pending',
    'declined',
    'ignore',
    'opening',
    'closing',
    'fixed',
  ];
  expect([...fields, ...COLUMN_ROLES].filter((field) => !DOC.includes(field))).toEqual([]);
});
