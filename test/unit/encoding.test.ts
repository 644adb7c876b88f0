import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { declaredEncoding, type Encoding, EncodingDetector, requireEncoding } from '../../src/ingest/encoding.ts';
import { TextDecoding } from '../../src/ingest/textDecoding.ts';

function detect(bytes: Buffer, step = bytes.length || 1) {
  const detector = new EncodingDetector();
  for (let at = 0; at < bytes.length; at += step) detector.push(bytes.subarray(at, at + step));
  return detector.result();
}

/** Bytes of a text in an encoding, by looking each character up. */
function encoded(text: string, encoding: Encoding): Buffer {
  if (encoding === 'utf-8') return Buffer.from(text, 'utf8');
  if (encoding === 'utf-16le') return Buffer.from(text, 'utf16le');
  if (encoding === 'utf-16be') return Buffer.from(text, 'utf16le').swap16();
  const all = new Map<string, number>();
  for (let byte = 0; byte < 256; byte++) {
    try {
      all.set(new TextDecoding('f', encoding).push(Buffer.of(byte), true), byte);
    } catch {
      // A byte that the encoding does not have.
    }
  }
  return Buffer.from([...text].map((character) => all.get(character) ?? 0x3f));
}

const GERMAN =
  'Buchungstag;Empfänger;Betrag\n22.01.2014;Müller Bäckerei Straße;-18,00\n23.01.2014;Überweisung für Möbel;-5,00 €\n';
const POLISH =
  'Data;Opis;Kwota\n2014-01-22;Zakup w sklepie Łódź, płatność kartą;-18,00\n2014-01-23;Przelew środków na konto książęce żółw;-5,00\n';

describe('the encoding of a file', () => {
  test.each<[string, Buffer, string, string]>([
    ['plain ASCII', Buffer.from('a;b\n'), 'utf-8', 'utf-8'],
    ['UTF-8', encoded(GERMAN, 'utf-8'), 'utf-8', 'utf-8'],
    ['UTF-8 with a mark', encoded(`\ufeff${GERMAN}`, 'utf-8'), 'utf-8', 'bom'],
    ['UTF-16 LE with a mark', encoded(`\ufeff${GERMAN}`, 'utf-16le'), 'utf-16le', 'bom'],
    ['UTF-16 BE with a mark', encoded(`\ufeff${GERMAN}`, 'utf-16be'), 'utf-16be', 'bom'],
    ['UTF-16 LE', encoded(GERMAN, 'utf-16le'), 'utf-16le', 'zero bytes'],
    ['UTF-16 BE', encoded(GERMAN, 'utf-16be'), 'utf-16be', 'zero bytes'],
    ['Windows-1252', encoded(GERMAN, 'windows-1252'), 'windows-1252', 'statistics'],
    ['Windows-1250', encoded(POLISH, 'windows-1250'), 'windows-1250', 'statistics'],
    [
      'declared',
      encoded(`<?xml version="1.0" encoding="ISO-8859-1"?><a>ä</a>`, 'windows-1252'),
      'windows-1252',
      'declaration',
    ],
    [
      'OFX',
      encoded('OFXHEADER:100\nENCODING:USASCII\nCHARSET:1252\n\n<OFX>é', 'windows-1252'),
      'windows-1252',
      'declaration',
    ],
  ])('%s', (_, bytes, encoding, by) => {
    expect(detect(bytes)).toEqual({ encoding, by });
    expect(detect(bytes, 1)).toEqual({ encoding, by });
    expect(detect(bytes, 7)).toEqual({ encoding, by });
  });

  test.each([
    ['<?xml version="1.0" encoding="UTF-8"?>', 'utf-8'],
    ['OFXHEADER:100\r\nCHARSET:1252\r\n', 'windows-1252'],
    ['OFXHEADER:100\r\nENCODING:UTF-8\r\nCHARSET:NONE\r\n', 'utf-8'],
    ['a;b', null],
  ])('declared in %j', (head, encoding) => {
    expect(declaredEncoding(head)).toBe(encoding);
  });

  test('by name', () => {
    expect(requireEncoding('ISO-8859-1')).toBe('windows-1252');
    expect(requireEncoding('CP850')).toBe('cp850');
    expect(() => requireEncoding('klingon')).toThrow('unknown encoding "klingon"');
  });
});

describe('decoding', () => {
  test.each<[Encoding, number[], string]>([
    ['windows-1252', [0x80, 0xe4, 0x96], '€ä–'],
    ['windows-1250', [0xb9, 0x9c, 0xb3], 'ąśł'],
    ['cp850', [0x84, 0x81, 0xe1, 0x9c], 'äüß£'],
  ])('%s', (encoding, bytes, text) => {
    expect(new TextDecoding('f', encoding).push(Buffer.from(bytes), true)).toBe(text);
  });

  test('gives the same text in pieces of any size', () => {
    const unit = fc.constantFrom('a', 'ä', '€', 'ł', '😀', '\n', ';');
    fc.assert(
      fc.property(
        fc.string({ unit }),
        fc.constantFrom<Encoding>('utf-8', 'utf-16le', 'utf-16be'),
        fc.integer({ min: 1, max: 5 }),
        (text, encoding, step) => {
          const bytes = encoded(text, encoding);
          const decoding = new TextDecoding('f', encoding);
          let decoded = '';
          for (let at = 0; at < bytes.length; at += step) decoded += decoding.push(bytes.subarray(at, at + step));
          expect(decoded + decoding.push(Buffer.alloc(0), true)).toBe(text);
        },
      ),
    );
  });

  test.each<[string, Encoding, Buffer]>([
    ['f.csv:3: bytes that are no utf-8 text', 'utf-8', Buffer.from([0x61, 0x0a, 0x62, 0x0a, 0xe4, 0x0a])],
    ['f.csv:2: bytes that are no windows-1252 text', 'windows-1252', Buffer.from([0x61, 0x0a, 0x81])],
    ['f.csv:1: bytes that are no utf-16le text', 'utf-16le', Buffer.from([0x61, 0x00, 0x62])],
    ['f.csv:1: bytes that are no utf-8 text', 'utf-8', Buffer.from([0x61, 0xc3])],
  ])('%s', (message, encoding, bytes) => {
    expect(() => new TextDecoding('f.csv', encoding).push(bytes, true)).toThrow(message);
    const decoding = new TextDecoding('f.csv', encoding);
    expect(() => {
      for (const byte of bytes) decoding.push(Buffer.of(byte));
      decoding.push(Buffer.alloc(0), true);
    }).toThrow(message);
  });
});
