import { expect, test } from '@jest/globals';
import { exactSum } from '../../src/model/exactSum.ts';

test.each([
  [[], '0'],
  [['1.10', '2.20'], '3.30'],
  [['-0.05'], '-0.05'],
  [['-0.05', '0.05'], '0.00'],
  [['1', '-2.5', '0.125'], '-1.375'],
  [['90071992547409.93', '0.01', '90071992547409.93'], '180143985094819.87'],
])('%j add up to %s', (amounts, sum) => {
  expect(exactSum(amounts)).toBe(sum);
});
