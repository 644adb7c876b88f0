import { describe, expect, test } from '@jest/globals';
import { createOfxReader } from '../../src/ingest/ofx/ofxReader.ts';
import type { StatementEvent } from '../../src/ingest/statement.ts';
import { balancesOf, entriesOf, eventsOf } from '../support/statementEvents.ts';

function read(text: string): StatementEvent[] {
  return eventsOf(createOfxReader({ file: 'f.ofx' }), text);
}

/** SGML as banks write it: values are not closed. */
function sgml(...statements: string[]): string {
  return `OFXHEADER:100\nDATA:OFXSGML\nCHARSET:1252\n\n<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS><DTSERVER>20240201</SONRS></SIGNONMSGSRSV1>\n<BANKMSGSRSV1><STMTTRNRS>${statements.join('')}</STMTTRNRS></BANKMSGSRSV1></OFX>\n`;
}

function statement(transactions: string): string {
  return `<STMTRS><CURDEF>USD<BANKACCTFROM><BANKID>123<ACCTID>4 5<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST><DTSTART>20240101<DTEND>20240131\n${transactions}</BANKTRANLIST><LEDGERBAL><BALAMT>-7.5<DTASOF>20240131120000</LEDGERBAL><AVAILBAL><BALAMT>99<DTASOF>20240131</AVAILBAL></STMTRS>`;
}

function entry(fields: string) {
  return entriesOf(read(sgml(statement(`<STMTTRN>${fields}</STMTTRN>`))))[0];
}

describe('OFX', () => {
  test('SGML: values without ends, several accounts, closing balance', () => {
    const second = statement('').replace('<ACCTID>4 5', '<ACCTID>DE89370400440532013000');
    const events = read(
      sgml(
        statement(
          '<STMTTRN><TRNTYPE>POS<DTPOSTED>20240105<TRNAMT>-5.25<FITID>A1<NAME>Corner Shop<MEMO>POS 77 Corner Shop\n</STMTTRN>\n' +
            '<STMTTRN><TRNTYPE>check<DTPOSTED>20240106<TRNAMT>-2,25<CHECKNUM>319</STMTTRN>',
        ),
        second,
      ),
    );
    expect(events.filter(({ kind }) => kind === 'start')).toMatchObject([
      { account: { id: '123/45', type: 'bank' }, currency: 'USD', opening: null },
      { account: { id: 'DE89370400440532013000' } },
    ]);
    expect(entriesOf(events)).toMatchObject([
      {
        amount: '-5.25',
        date: '2024-01-05',
        bankId: 'A1',
        payee: 'Corner Shop',
        text: 'POS 77 Corner Shop',
        code: 'POS',
      },
      { amount: '-2.25', date: '2024-01-06', bankId: null, payee: null, text: '319', code: 'CHECK' },
    ]);
    expect(balancesOf(events)).toMatchObject([
      { entries: 2, sum: '-7.50', closing: { amount: '-7.5', date: '2024-01-31' }, closes: null },
      { entries: 0 },
    ]);
  });

  test('XML: cards, CDATA, entities, comments, empty elements', () => {
    const events = read(`<?xml version="1.0" encoding="UTF-8"?><?OFX OFXHEADER="200" VERSION="211"?>
<!-- made by a <bank> --><OFX><CREDITCARDMSGSRSV1><CCSTMTTRNRS><CCSTMTRS><CURDEF>EUR</CURDEF>
<CCACCTFROM><ACCTID>4111</ACCTID></CCACCTFROM><BANKTRANLIST>
<STMTTRN><TRNTYPE>DEBIT</TRNTYPE><DTPOSTED>20240105</DTPOSTED><DTAVAIL>20240107</DTAVAIL><TRNAMT>-1.00</TRNAMT><FITID/>
<NAME><![CDATA[A <b> & C]]></NAME><MEMO>Caf&#233; &amp; Co &lt;x&gt; AT&T &#x27;q&#39;</MEMO><SIC>5812</SIC></STMTTRN>
</BANKTRANLIST></CCSTMTRS></CCSTMTTRNRS></CREDITCARDMSGSRSV1></OFX>`);
    expect(events).toMatchObject([
      { kind: 'start', account: { id: '4111', type: 'card' }, currency: 'EUR', place: { line: 2 } },
      {
        kind: 'entry',
        payee: 'A <b> & C',
        text: "A <b> & C Café & Co <x> AT&T 'q'",
        bankId: null,
        mcc: '5812',
        valueDate: '2024-01-07',
        place: { line: 4, record: 1 },
      },
      { kind: 'end', closing: null },
    ]);
  });

  test.each([
    ['20240105', '2024-01-05', null],
    ['20240105120000', '2024-01-05', null],
    ['20240105000000.000[-5:EST]', '2024-01-05', null],
    // The local day counts as written: in UTC this is the next one.
    ['20240105233015.123[-8:PST]', '2024-01-05', '23:30:15'],
    ['20240105003015[+9]', '2024-01-05', '00:30:15'],
    ['20240105233015[-:EST]', '2024-01-05', '23:30:15'],
    ['202401050930', '2024-01-05', '09:30:00'],
  ])('DTPOSTED %s', (text, date, time) => {
    expect(entry(`<DTPOSTED>${text}<TRNAMT>1`)).toMatchObject({ date, time });
  });

  test.each([
    ['+00000000000115.8331', '115.8331'],
    ['-.5', '-0.5'],
    ['1,234.56', '1234.56'],
    ['-1.234,56', '-1234.56'],
    ['- 1 234,56', '-1234.56'],
    // The rules of OFX know no thousands marks: three decimals, which no column holds.
    ['1,234', '1.234'],
  ])('TRNAMT %s', (text, amount) => {
    expect(entry(`<DTPOSTED>20240105<TRNAMT>${text}`)).toMatchObject({ amount });
  });

  test.each([
    ['<TRNAMT>1', 'DTPOSTED', ''],
    ['<DTPOSTED></DTPOSTED><TRNAMT>1', 'DTPOSTED', ''],
    ['<DTPOSTED>20230229<TRNAMT>1', 'DTPOSTED', '20230229'],
    ['<DTPOSTED>201120000000<TRNAMT>1', 'DTPOSTED', '201120000000'],
    ['<DTPOSTED>20240105', 'TRNAMT', ''],
    ['<DTPOSTED>20240105<TRNAMT>$120', 'TRNAMT', '$120'],
    ['<DTPOSTED>20240105<TRNAMT>1.2.3', 'TRNAMT', '1.2.3'],
  ])('%s is refused', (fields, field, value) => {
    expect(() => entry(fields)).toThrow(
      expect.objectContaining({
        code: 'BAD_INPUT',
        details: { file: 'f.ofx', line: 7, record: 1, field, value },
      }),
    );
  });

  test('foreign amounts: CURRENCY is the amount’s own, ORIGCURRENCY what it was before', () => {
    expect(entry('<DTPOSTED>20240105<TRNAMT>-3.65<CURRENCY><CURRATE>1.06<CURSYM>CAD</CURRENCY>')).toMatchObject({
      amount: '-3.65',
      currency: 'CAD',
      original: null,
    });
    expect(entry('<DTPOSTED>20240105<TRNAMT>-11<ORIGCURRENCY><CURRATE>1.1<CURSYM>EUR</ORIGCURRENCY>')).toMatchObject({
      currency: null,
      original: { amount: '-10.00', currency: 'EUR' },
    });
    // Nothing is rounded.
    expect(
      entry('<DTPOSTED>20240105<TRNAMT>-10<ORIGCURRENCY><CURRATE>3<CURSYM>EUR</ORIGCURRENCY>')?.original,
    ).toBeNull();
  });

  test('PAYEE and the account that money goes to', () => {
    expect(
      entry(
        '<DTPOSTED>20240105<TRNAMT>-1<PAYEE><NAME>Mill<ADDR1>x<CITY>Berkeley<STATE>CA</PAYEE><BANKACCTTO><BANKID>9<ACCTID>8</BANKACCTTO><MEMO>rent',
      ),
    ).toMatchObject({ payee: 'Mill', city: 'Berkeley', state: 'CA', counterAccount: '9/8', text: 'Mill rent' });
  });

  describe('a damaged tag loses no entry', () => {
    const one = '<STMTTRN><TRNTYPE>POS<DTPOSTED>20240105<TRNAMT>-1.25<FITID>A1<NAME>One\n</STMTTRN>\n';
    const two = '<STMTTRN><TRNTYPE>POS<DTPOSTED>20240106<TRNAMT>-2.50<FITID>A2<NAME>Two\n</STMTTRN>\n';
    const broken = (text: string, tag: string, by: string) => {
      expect(text).toContain(tag);
      return text.replace(tag, by);
    };

    test.each([
      ['the beginning of the first', broken(one, '<STMTTRN>', '<ST5TTRN>') + two, 'outside of an entry'],
      ['the beginning of a later one', one + broken(two, '<STMTTRN>', '6STMTTRN>'), 'outside of an entry'],
      [
        'an end that swallows the next beginning',
        broken(one + two, '</STMTTRN>\n<', '</STMTTRN\n<'),
        'outside of an entry',
      ],
      ['an end and a beginning', broken(one, '/S', '/X') + broken(two, '<S', '<X'), 'second amount'],
    ])('%s: refused', (_, transactions, message) => {
      expect(() => read(sgml(statement(transactions)))).toThrow(message);
    });

    test.each([
      ['between two', broken(one, '</STMTTRN>', '</STMTTR>') + two],
      ['of the last', one + broken(two, '</STMTTRN>', '</STMTTR>')],
    ])('an end %s: both are read', (_, transactions) => {
      const events = read(sgml(statement(transactions)));
      expect(entriesOf(events)).toMatchObject([
        { amount: '-1.25', payee: 'One' },
        { amount: '-2.50', payee: 'Two' },
      ]);
      expect(balancesOf(events)).toMatchObject([{ entries: 2, closing: { amount: '-7.5' } }]);
    });
  });

  test('trades, transfer orders and pending entries are counted', () => {
    const events =
      read(`<OFX><INVSTMTTRNRS><INVSTMTRS><CURDEF>USD<INVACCTFROM><BROKERID>b.com<ACCTID>1</INVACCTFROM><INVTRANLIST>
<BUYMF><INVBUY><INVTRAN><FITID>1<DTTRADE>20240105<MEMO>BUY</INVTRAN><TOTAL>-9</INVBUY></BUYMF>
<INVBANKTRAN><STMTTRN><TRNTYPE>DEP<DTPOSTED>20240105<TRNAMT>2<FITID>2</STMTTRN><SUBACCTFUND>CASH</INVBANKTRAN></INVTRANLIST></INVSTMTRS></INVSTMTTRNRS>
<INTRATRNRS><INTRARS><XFERINFO><BANKACCTFROM><ACCTID>7</BANKACCTFROM><TRNAMT>5</XFERINFO></INTRARS></INTRATRNRS>
${statement('').replace('</BANKTRANLIST>', '</BANKTRANLIST><BANKTRANLISTP><STMTTRNP><TRNAMT>-4<NAME>x</STMTTRNP></BANKTRANLISTP>')}</OFX>`);
    expect(events).toMatchObject([
      { kind: 'start', account: { id: 'b.com/1', type: 'other' } },
      { kind: 'skipped', reason: 'investment', amount: null },
      { kind: 'entry', amount: '2' },
      { kind: 'end' },
      { kind: 'skipped', reason: 'other' },
      { kind: 'start', account: { id: '123/45' } },
      { kind: 'skipped', reason: 'pending', amount: '-4' },
      { kind: 'end' },
    ]);
  });

  test('the bank’s own error is told', () => {
    const text = '<OFX><SONRS><STATUS><CODE>15500<SEVERITY>ERROR<MESSAGE>Signon invalid</STATUS></SONRS></OFX>';
    expect(() => read(text)).toThrow('f.ofx:1: the bank sent an error instead of a statement: 15500 Signon invalid');
  });

  test.each([
    [
      'in an entry',
      '<OFX><STMTRS>\n<STMTTRN><DTPOSTED>20240105<TRNAMT>-1234',
      'f.ofx:2: the file is cut: <STMTTRN> of line 2 is not closed',
    ],
    ['in a tag', '<OFX><STMTRS></STM', 'f.ofx:1: the file is cut in the middle of a tag'],
    ['between statements', '<OFX><STMTRS></STMTRS>', 'f.ofx:1: the file is cut: <OFX> of line 1 is not closed'],
  ])('a file that is cut %s is told', (_, text, message) => {
    expect(() => read(text)).toThrow(message);
  });

  test('another file is none', () => {
    expect(() => read('a;b\n1;2\n')).toThrow('f.ofx: not an OFX file');
  });
});
