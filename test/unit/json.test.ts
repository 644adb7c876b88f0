import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { jsonNumeral, jsonText } from '../../src/render/json.ts';

test('keeps every digit', () => {
  expect(jsonText({ a: jsonNumeral('12345678901234567890.10'), b: 2n ** 100n, c: jsonNumeral(null) })).toBe(
    '{"a":12345678901234567890.10,"b":1267650600228229401496703205376,"c":null}',
  );
});

test('says what JSON has no numeral for', () => {
  expect(jsonText([Number.NaN, Number.NEGATIVE_INFINITY, -0, jsonNumeral('NaN'), jsonNumeral('007')])).toBe(
    '["NaN","-Infinity",-0,"NaN","007"]',
  );
});

test('indents', () => {
  expect(jsonText({ a: [1, { b: [] }], c: undefined }, 2)).toBe(JSON.stringify({ a: [1, { b: [] }] }, null, 2));
});

test('writes plain values so that JSON.parse reads them back, with the sign of -0', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(jsonText(value))).toEqual(value);
    }),
  );
});
