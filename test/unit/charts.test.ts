import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { expectedDays } from '../../src/analytics/cadences.ts';
import { type FlowBar, flowBars } from '../../src/web/pages/charts/flowBars.ts';
import { heatmap, heatSteps } from '../../src/web/pages/charts/heatmap.ts';
import { plot } from '../../src/web/pages/charts/plot.ts';
import { type SankeyEnd, sankey } from '../../src/web/pages/charts/sankey.ts';
import { axisOf, fitted, hasRoomBelow, inLines, labelStep, textWidth } from '../../src/web/pages/charts/scale.ts';
import { cellBar, sparkline } from '../../src/web/pages/charts/sparkline.ts';
import { stackedBars } from '../../src/web/pages/charts/stackedBars.ts';
import { squarified, treemap } from '../../src/web/pages/charts/treemap.ts';
import { TINTS, tintsOf } from '../../src/web/pages/tint.ts';

const size = { width: 620, height: 300, title: 'chart', tick: (value: number) => String(value) };
const mark = { href: '/transactions', says: 'a "mark" & <more>' };

const bar = (income: number, spending: number, index = 0): FlowBar => ({
  label: 'Sep',
  below: index % 12 === 0 ? '2026' : null,
  income: { ...mark, value: income },
  spending: { ...mark, value: spending },
  net: { ...mark, value: income + spending },
  before: index % 3 === 0 ? { income: spending, spending: income } : null,
  running: index % 5 === 0,
});

/** No NaN or infinity, every rectangle and circle inside the view box, and every mark with a name. */
function requireSound(svg: string): void {
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg) ?? [];
  if (width === undefined) return;
  const tooFar: string[] = [];
  for (const [rect, attributes = ''] of svg.matchAll(/<rect ([^>]*)\/>/g)) {
    const read = (name: string): number => Number(new RegExp(`(?:^| )${name}="([^"]*)"`).exec(attributes)?.[1] ?? 0);
    const inside =
      read('x') >= -0.2 &&
      read('y') >= -0.2 &&
      read('width') >= 0 &&
      read('height') >= 0 &&
      read('x') + read('width') <= Number(width) + 0.6 &&
      read('y') + read('height') <= Number(height) + 0.6;
    if (!inside) tooFar.push(rect);
  }
  expect(tooFar).toEqual([]);
  for (const [door] of svg.matchAll(/<a [^>]*>(<title>[^<]*<\/title>)?/g)) {
    expect(door).toMatch(/<title>[^<]+</);
    expect(door).toMatch(/href="\//);
  }
}

/** The places of the labels beneath a chart, which must not touch. */
function requireApart(svg: string): void {
  const places = [...svg.matchAll(/<text class="tick middle" x="([\d.]+)" y="[\d.]+">([^<]*)</g)].map(
    ([, x, text]) => ({
      from: Number(x) - textWidth(text ?? '') / 2,
      to: Number(x) + textWidth(text ?? '') / 2,
    }),
  );
  for (const [index, { from }] of places.entries())
    if (index > 0) expect(from).toBeGreaterThan(places[index - 1]?.to ?? 0);
}

const amount = fc.oneof(
  fc.constant(0),
  fc.integer({ min: -1e9, max: 1e9 }),
  fc.double({ min: -1e12, max: 1e12, noNaN: true }),
);

describe('bars', () => {
  test.each([0, 1, 2, 13, 60, 180, 1000])('%i of them', (count) => {
    const svg = flowBars(
      Array.from({ length: count }, (_, index) => bar(index * 3, -index * 2, index)),
      size,
    ).text;
    if (count === 0) expect(svg).toContain('Nothing');
    requireSound(svg);
    requireApart(svg);
  });

  test('whatever the values', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(amount, amount), { maxLength: 40 }), (values) => {
        const svg = flowBars(
          values.map(([a, b], index) => bar(a, b, index)),
          size,
        ).text;
        requireSound(svg);
        requireApart(svg);
      }),
      { numRuns: 60 },
    );
  });

  test('one that is beyond all others is cut, with a mark', () => {
    const usual = Array.from({ length: 12 }, (_, index) => bar(100, -90, index + 1));
    expect(flowBars([...usual, bar(1_000_000, -90, 13)], size).text).toContain('torn');
    expect(flowBars(usual, size).text).not.toContain('torn');
  });
});

test('parts of bars, negative ones below zero', () => {
  fc.assert(
    fc.property(fc.array(fc.array(amount, { maxLength: 9 }), { maxLength: 30 }), (bars) => {
      const drawn = bars.map((parts) => ({
        label: 'Sep',
        below: null,
        parts: parts.map((value, tint) => ({ ...mark, value, tint })),
      }));
      const svg = stackedBars(drawn, size).text;
      requireSound(svg);
      requireApart(svg);
    }),
    { numRuns: 60 },
  );
});

describe('a treemap', () => {
  test('has areas in proportion that fill the whole', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 60 }), (given) => {
        const sizes = [...given].sort((a, b) => b - a);
        const total = sizes.reduce((sum, each) => sum + each, 0);
        const boxes = squarified(sizes, { x: 0, y: 0, width: 600, height: 300 });
        for (const [index, { width, height }] of boxes.entries())
          expect((width * height) / 180_000).toBeCloseTo((sizes[index] as number) / total, 6);
      }),
      { numRuns: 60 },
    );
  });

  test('leaves out what is no spending, and cuts names of any length', () => {
    const cell = (name: string, area: number) => ({ ...mark, name, figure: '−1.00', size: area, tint: 1 });
    const cells = [
      cell('x'.repeat(80), 10),
      cell('مرحبا بالعالم', 9),
      cell('refund', -5),
      cell('nothing', 0),
      cell('nan', Number.NaN),
    ];
    const svg = treemap(cells, size).text;
    requireSound(svg);
    expect(svg).not.toMatch(/refund|nothing|nan|x{79}/);
    expect(treemap([], size).text).toContain('Nothing was spent');
  });

  test('breaks a name between its words before it cuts it', () => {
    expect(inLines('Merchant 27092', 200, 2)).toEqual(['Merchant 27092']);
    expect(inLines('Merchant 27092', 80, 2)).toEqual(['Merchant', '27092']);
    expect(inLines('Merchant 27092', 80, 1)).toEqual(['Merchant…']);
    expect(inLines('Merchants of Venice, Ltd', 80, 2)).toEqual(['Merchants…']);
    expect(inLines('x', 2, 2)).toEqual([]);
  });
});

test('no two categories share a tint, and one keeps its own whatever its rank among the frequent', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ maxLength: 12 }), { maxLength: 40 }), (names) => {
      const tint = tintsOf(names);
      const given = names.slice(0, TINTS).map(tint);
      expect(new Set(given).size).toBe(given.length);
      for (const each of given) expect(each).toBeGreaterThan(0);
      for (const name of names.slice(TINTS)) expect(tint(name)).toBe(0);
      const half = names.slice(0, 8);
      const turned = tintsOf([...half.reverse(), ...names.slice(8)]);
      expect(names.map(turned)).toEqual(names.map(tint));
    }),
    { numRuns: 100 },
  );
  expect(tintsOf(['Dining'])(null)).toBe(0);
});

test('a sankey of any two sides of one size', () => {
  const end = (value: number, index: number): SankeyEnd => ({
    ...mark,
    name: `n${index}`,
    figure: '1',
    size: value,
    kind: 'in',
  });
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 1e6 }), { minLength: 1, maxLength: 60 }), (sizes) => {
      const total = sizes.reduce((sum, each) => sum + each, 0);
      requireSound(sankey([end(total, 0)], sizes.map(end), { width: 1100, title: 'flow' }).text);
      const drawn = sankey(sizes.map(end), [end(total, 0)], { width: 1100, title: 'flow' }).text;
      requireSound(drawn);
      const labels = [...drawn.matchAll(/class="flow-name" x="[\d.]+" y="([\d.]+)"/g)].map(([, y]) => Number(y));
      expect(labels).toHaveLength(sizes.length);
      for (const [index, y] of labels.entries()) expect(y - (labels[index - 1] ?? -20)).toBeGreaterThanOrEqual(15);
    }),
    { numRuns: 40 },
  );
  expect(sankey([], [], { width: 1100, title: 'flow' }).text).toContain('Nothing');
});

test.each([2023, 2024, 2028, 1999])('a year of days: %i', (year) => {
  const names = {
    months: Array.from({ length: 12 }, (_, index) => `m${index}`),
    weekdays: ['a', 'b', 'c', 'd', 'e', 'f', 'g'],
    title: 'days',
  };
  const day = `${year}-12-31`;
  const svg = heatmap(year, new Map([[day, { ...mark, day, step: 5 }]]), names).text;
  requireSound(svg);
  expect(svg.match(/<rect/g)?.length).toBe(year % 4 === 0 ? 366 : 365);
});

test('five steps of days by their own quantiles', () => {
  const stepOf = heatSteps([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1000]);
  expect([0, 1, 5, 1000].map(stepOf)).toEqual([0, 1, 3, 5]);
  expect(heatSteps([])(3)).toBe(5);
});

test.each([
  [[], [0, 1]],
  [[0], [0, 1]],
  [[3], [0, 1, 2, 3]],
  [
    [-7, 12],
    [-10, -5, 0, 5, 10, 15],
  ],
  [[1e9], [0, 5e8, 1e9]],
])('an axis of %j has round ticks and zero', (values, ticks) => {
  expect(axisOf(values).ticks).toEqual(ticks);
});

test('labels', () => {
  expect(labelStep(10, 50, 20)).toBe(1);
  expect(labelStep(1000, 0.5, 20)).toBe(60);
  expect(fitted('Entertainment', 60)).toBe('Enterta…');
  expect(fitted('Entertainment', 10)).toBe('');
});

test('small ones', () => {
  expect(sparkline([1])).toBeNull();
  requireSound(sparkline([5, 5, 5])?.text ?? '');
  requireSound(cellBar(-5, 0).text);
  requireSound(cellBar(Number.NaN, 3).text);
});

test.each([
  ['2026-02-28', '2026-01-31', 'monthly', '31', '2026-04-01', ['2026-02-28', '2026-03-31']],
  ['2026-11-20', '2026-11-13', 'weekly', null, '2026-12-05', ['2026-11-20', '2026-11-27', '2026-12-04']],
  ['2024-02-29', '2023-02-28', 'yearly', '29', '2026-12-31', ['2024-02-29', '2025-02-28', '2026-02-28']],
  ['2026-11-20', '2026-08-20', 'quarterly', '20', '2026-11-30', ['2026-11-20']],
  ['2026-12-20', '2026-11-20', 'monthly', '20', '2026-11-30', []],
  [
    '2026-11-15',
    '2026-10-31',
    '2 a month',
    '15,31',
    '2027-01-01',
    ['2026-11-15', '2026-11-30', '2026-12-15', '2026-12-31'],
  ],
  ['2026-11-30', '2026-11-15', '2 a month', '31,15', '2026-12-31', ['2026-11-30', '2026-12-15', '2026-12-31']],
  ['2026-11-12', '2026-10-10', 'monthly', '10', '2026-12-31', ['2026-11-12', '2026-12-10']],
  [null, '2026-01-10', 'monthly', '10', '2026-12-31', []],
  ['2026-11-20', '2026-11-01', 'whenever', null, '2026-12-31', ['2026-11-20']],
])(
  'what comes back next on %s, last on %s, %s on %s, until %s',
  (next_date, last_date, cadence, month_days, until, days) => {
    expect(expectedDays({ next_date, last_date, cadence, month_days }, until)).toEqual(days);
  },
);

describe('a chart for a page and for a phone', () => {
  const bars = (count: number) => Array.from({ length: count }, (_, index) => bar(index + 1, -index - 2, index));
  const drawn = (count: number, fits?: boolean) =>
    plot((own) => flowBars(bars(count), { ...size, ...own }), size, fits).text;

  test('is drawn twice where a phone has room for its marks, at sizes of their own', () => {
    expect([...drawn(13).matchAll(/viewBox="0 0 (\d+) /g)].map(([, width]) => width)).toEqual(['620', '360']);
    requireApart(drawn(26).split('class="plot slim"')[1] ?? '');
  });

  test('once where it has not, its end in sight, and words are not said twice', () => {
    expect(drawn(13, false).match(/<svg/g)).toHaveLength(1);
    expect(drawn(13, false)).toContain('class="plot ends"');
    expect(drawn(0).match(/Nothing/g)).toHaveLength(1);
  });

  test('years beneath an axis do not touch: the first gives way', () => {
    const labels = [{ below: '2025' }, { below: '2026' }, { below: null }];
    expect([0, 1, 2].map((index) => hasRoomBelow(index, labels, 20))).toEqual([false, true, false]);
    expect([0, 1, 2].map((index) => hasRoomBelow(index, labels, 60))).toEqual([true, true, false]);
  });

  test('figures in a narrow sankey stand beneath their names, and give way before names are cut', () => {
    const end = (name: string): SankeyEnd => ({ ...mark, name, figure: '-1,310,882.44', size: 5, kind: 'in' });
    const svg = sankey([end('Drawn from savings')], [end('Food')], { width: 360, title: 'flow' }).text;
    requireSound(svg);
    expect(svg).toMatch(/>Drawn from savings<[\s\S]*>-1,310,882.44<[\s\S]*>Food -1,310,882.44</);
    const thin = sankey(
      [
        { ...end('Drawn from savings'), size: 1 },
        { ...end('Pay'), size: 99 },
      ],
      [{ ...end('Food'), size: 100 }],
      {
        width: 360,
        title: 'flow',
      },
    ).text;
    expect(thin).toMatch(/>Drawn from savings<\/text><a/);
  });
});
