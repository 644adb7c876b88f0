import { describe, expect, test } from '@jest/globals';
import type { ReportColumn } from '../../src/analytics/columns.ts';
import { wantsAscii } from '../../src/io.ts';
import { bar, sparkline, squeeze } from '../../src/render/bars.ts';
import { asciiDrawings, parseLocale } from '../../src/render/locale.ts';
import { minorDigits, numberStyle } from '../../src/render/money.ts';
import { cellText } from '../../src/render/stats/cellText.ts';

describe('money', () => {
  test.each([
    ['en-US', 'USD', '-12345678901234567890.10', '-12,345,678,901,234,567,890.10'],
    ['de-DE', 'EUR', '-1234.5', '-1.234,50'],
    ['en-IN', 'INR', '12345678.00', '1,23,45,678.00'],
    ['en-US', 'JPY', '1234.00', '1,234'],
    ['en-US', 'JPY', '1234.50', '1,234.5'],
    ['en-US', 'USD', '0.125', '0.125'],
    ['en-US', 'USD', '-0.00', '0.00'],
    ['en-US', 'XXQ', '1', '1.00'],
  ])('%s %s %s', (locale, currency, amount, shown) => {
    expect(numberStyle(locale, currency).money(amount)).toBe(shown);
  });
  test('digits of currencies', () => {
    expect([minorDigits('USD'), minorDigits('JPY'), minorDigits('nonsense')]).toEqual([2, 0, 2]);
  });
  test('shares and counts', () => {
    const style = numberStyle('en-US', 'USD');
    expect([style.share(0.1234), style.share(null), style.count('12345678901234567890')]).toEqual([
      '12.3%',
      '',
      '12,345,678,901,234,567,890',
    ]);
  });
});

describe('amounts in the reasons of anomalies', () => {
  const numbers = numberStyle('en-US', 'USD');
  const column: ReportColumn = { key: 'reason', title: 'Why', kind: 'text', wide: true };
  test.each([
    ['6.1 times the usual 4900.00', '6.1 times the usual 4,900.00'],
    ['up from 1978.00, monthly', 'up from 1,978.00, monthly'],
    ['Cash in 2026-06: 3.2 times the usual 1320.00', 'Cash in 2026-06: 3.2 times the usual 1,320.00'],
    ['Food: 1500.10 a month since 2025-11, 1000.00 before', 'Food: 1,500.10 a month since 2025-11, 1,000.00 before'],
    ['first time, 8.2 times usual in Travel', 'first time, 8.2 times usual in Travel'],
    ['0.01 a EUR, where 1.092 is usual', '0.01 a EUR, where 1.092 is usual'],
  ])('%s: grouped, and sizes without a sign', (reason, text) => {
    expect(cellText(column, { reason, amount: '-29800.00' }, numbers)).toBe(text);
  });
});

describe('locales', () => {
  test('are tags, or what LANG holds', () => {
    expect([parseLocale(undefined), parseLocale('de_DE.UTF-8'), parseLocale('fr')]).toEqual(['en-US', 'de-DE', 'fr']);
  });
  test('ASCII when asked for or when the environment is not UTF-8', () => {
    expect([
      wantsAscii(undefined, {}),
      wantsAscii(undefined, { LANG: 'C' }),
      wantsAscii(undefined, { LANG: 'C', LC_ALL: 'en_US.UTF-8' }),
      wantsAscii(undefined, { LANG: 'de_DE.utf8' }),
      wantsAscii(true, { LANG: 'C.UTF-8' }),
    ]).toEqual([false, true, false, false, true]);
  });
  test('drawings are replaced one for one', () => {
    expect(asciiDrawings('┌─┬─┐\n│ Caf… │')).toBe('+-+-+\n| Caf~ |');
  });
});

describe('bars', () => {
  test.each([
    [1, false, '████'],
    [0.5, false, '██'],
    [0.03, false, '▏'],
    [0, false, ''],
    [Number.NaN, false, ''],
    [2, true, '####'],
    [0.01, true, '#'],
  ])('%d', (ratio, ascii, drawn) => {
    expect(bar(ratio, 4, ascii)).toBe(drawn);
  });
  test('sparklines show sizes, and nothing for nothing', () => {
    expect(sparkline([-1, -4, 0, -8, 2], false)).toBe('▂▅ █ ');
    expect(sparkline([1, 8], true)).toBe(':@');
    expect(sparkline([0, 0], false)).toBe('  ');
  });
  test('many values are averaged in equal groups, counted from the end', () => {
    expect(squeeze([9, 1, 3, 5, 7], 3)).toEqual([9, 2, 6]);
    expect(squeeze([1, 2], 3)).toEqual([1, 2]);
  });
});
