import { describe, expect, test } from '@jest/globals';
import { printable, printableText } from '../../src/render/printable.ts';

describe('what a terminal is not given as it came', () => {
  test.each<[string, string, string]>([
    ['clear the screen', 'a\u001b[2Jb', 'a\\x1b[2Jb'],
    ['a C1 introducer', '\u009b31mred', '\\x9b31mred'],
    ['line breaks and tabs', 'a\nb\rc\td', 'a\\nb\\rc\\td'],
    ['delete, backspace, bell', '\u007f\b\u0007', '\\x7f\\x08\\x07'],
    ['reversed text', 'a\u202eb\u2066c\u200fd\u061ce', 'a\\u202eb\\u2066c\\u200fd\\u061ce'],
    ['no room', 'pay\u200bpal\u2060\ufeff\u00ad\u200dx', 'pay\\u200bpal\\u2060\\ufeff\\xad\\u200dx'],
    ['tags', 'a\u{e0041}', 'a\\udb40\\udc41'],
    ['blank letters', '\u3164\u115f', '\\u3164\\u115f'],
    ['a colour', '\u001b[31mred\u001b[39m', '\\x1b[31mred\\x1b[39m'],
  ])('%s', (_name, text, shown) => expect(printable(text)).toBe(shown));

  test.each([
    ['letters of any kind', 'Zürich, Kōbe, Ελλάδα, 東京, e\u0301'],
    ['emoji that are joined', '👩\u200d👩\u200d👧 👩🏽\u200d🚀 ❤️\u200d🔥'],
    ['the flag of Scotland', '\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}'],
    ['Persian and Hindi joiners', 'می\u200cخواهم क्\u200dष'],
  ])('left as they are: %s', (_name, text) => {
    expect(printable(text)).toBe(text);
    expect(printableText(text)).toBe(text);
  });

  test('a text of several lines keeps them, and stays JSON', () => {
    expect(printableText('a\n\tb\r\u001b[2J')).toBe('a\n\tb\\u000d\\u001b[2J');
    const document = JSON.stringify({ name: '\u009b\u202e\u{e0041}' });
    expect(JSON.parse(printableText(document))).toEqual({ name: '\u009b\u202e\u{e0041}' });
  });

  test('our own colours pass where they may; what hides, blinks, covers or moves does not', () => {
    expect(printableText('\u001b[1mbold\u001b[22m \u001b[31mred\u001b[39m', true)).toBe(
      '\u001b[1mbold\u001b[22m \u001b[31mred\u001b[39m',
    );
    for (const code of ['5m', '7m', '8m', '40m', '48;5;1m', '38;2;0;0;0m', '1;31m', '2J', 'm', '0;8m'])
      expect(printableText(`\u001b[${code}`, true)).toBe(`\\u001b[${code}`);
  });
});
