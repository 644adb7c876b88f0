import { describe, expect, test } from '@jest/globals';
import { notAStatement, recogniseBytes, recogniseText } from '../../src/ingest/recognise.ts';

describe('a format is known by content', () => {
  test.each([
    ['OFXHEADER:100\nDATA:OFXSGML\n<OFX>', 'ofx'],
    ['\n\n  OFXHEADER:100\n', 'ofx'],
    ['<?xml version="1.0"?><?OFX OFXHEADER="200"?><OFX>', 'ofx'],
    ['<OFX><SIGNONMSGSRSV1>', 'ofx'],
    ['!Type:Bank\nD1/2/15\n', 'qif'],
    ['!Account\nNChecking\n^\n!Type:Bank', 'qif'],
    ['!Option:AutoSwitch\n!Account', 'qif'],
    ['<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02">', 'camt'],
    ['<Document><BkToCstmrStmt>', 'camt'],
    ['<n:Document xmlns:n="urn:x"><n:BkToCstmrDbtCdtNtfctn>', 'camt'],
    [':20:STARTUMS\n:25:1/2\n', 'mt940'],
    ['{1:F01AAAA}{2:I940}{4:\n:20:1', 'mt940'],
    ['\r\n\r\nABNANL2A\r\n940\r\nABNANL2A\r\n:20:ABN\r\n:25:1\r\n', 'mt940'],
    [':61:0902110211DR0,17NCHGNONREF', 'mt940'],
    ['Date,Amount\n2015-01-01,5\n', 'csv'],
    ['anything', 'csv'],
    ['"Date";"Text"\n"1.1.15";":20: uhr"', 'csv'],
  ])('%j', (text, format) => {
    expect(recogniseBytes(Buffer.from(text))).toBeNull();
    expect(recogniseText(text)).toEqual({ kind: 'statement', format });
  });
});

describe('what is no statement is named', () => {
  test.each<[Buffer, string, string]>([
    [Buffer.alloc(0), 'it is empty', 'download it again'],
    [Buffer.from('d0cf11e0a1b11ae1', 'hex'), 'it is an old Excel workbook (.xls)', 'open it and save it as CSV'],
    [
      Buffer.from('PK\x03\x04..[Content_Types].xml..xl/workbook.xml', 'latin1'),
      'it is an Excel workbook (.xlsx)',
      'save it as CSV',
    ],
    [Buffer.from('%PDF-1.7\n'), 'it is a PDF', 'CAMT, OFX, MT940 or CSV'],
    [Buffer.from('1f8b0800', 'hex'), 'it is compressed with gzip', 'gunzip'],
    [
      Buffer.from('Date;Text;Amount\n2026-01-01;Sh\0p;1.00\n'),
      'NUL bytes stand in its text, the first on line 2: it was damaged on its way',
      'again',
    ],
    [
      Buffer.from(`Date;Text;Amount;Note\n${'\0'.repeat(50)}`),
      'NUL bytes stand in its text, the first on line 2: it was damaged on its way',
      'again',
    ],
    [
      Buffer.from('\ufeffDate'.split('').flatMap((sign) => [sign.charCodeAt(0) & 255, sign.charCodeAt(0) >> 8, 0, 0])),
      'it is UTF-32 text',
      'iconv',
    ],
    [Buffer.from([1, 2, 3, 4, 0, 255, 7]), 'it is binary data and no text', 'give the file'],
  ])('bytes %#', (bytes, what, remedy) => {
    expect(recogniseBytes(bytes)).toMatchObject({ kind: 'refused', what, remedy: expect.stringContaining(remedy) });
  });

  test('a zip of something else is for unpacking', () => {
    expect(recogniseBytes(Buffer.from('PK\x03\x04..statement.xml', 'latin1'))).toEqual({ kind: 'zip' });
  });

  test('UTF-16 is text', () => {
    expect(recogniseBytes(Buffer.from('Date;Amount\n', 'utf16le'))).toBeNull();
  });

  test.each([
    ['<!DOCTYPE html><html><form><input type="password">', 'login page', 'log in at the bank'],
    ['<html><body><table><tr><td>1', 'web page with a table', 'save it as CSV'],
    ['  <html><body>Hello', 'it is a web page', 'log in at the bank'],
    ['{"error": "expired", "message": "Session expired"}', 'instead of a statement: "expired"', 'log in'],
    ['[{"id": 1}]', 'it is JSON and no statement', 'CAMT'],
    ['<?xml version="1.0"?><invoice/>', 'XML of another kind ("invoice")', 'CAMT.052'],
    ['<!DOCTYPE a [<!ENTITY b "x">]><!-- y --><a>&b;</a>', 'XML of another kind ("a")', 'CAMT.052'],
    [' \n\t', 'nothing but white space', 'download it again'],
  ])('%j', (text, what, remedy) => {
    const found = recogniseText(text);
    if (found.kind !== 'refused') throw new Error(`recognised as ${JSON.stringify(found)}`);
    const error = notAStatement('f.csv', found);
    expect(error.message).toContain('f.csv: ');
    expect(error.message).toContain(what);
    expect(error.remedy).toContain(remedy);
  });
});
