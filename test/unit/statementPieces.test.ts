import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createCamtReader } from '../../src/ingest/camt/camtReader.ts';
import { createMt940Reader } from '../../src/ingest/mt940/mt940Reader.ts';
import { createOfxReader } from '../../src/ingest/ofx/ofxReader.ts';
import { createQifReader } from '../../src/ingest/qif/qifReader.ts';
import { QifSurvey } from '../../src/ingest/qif/qifSurvey.ts';
import type { StatementReader } from '../../src/ingest/statement.ts';
import { entriesOf, eventsOf } from '../support/statementEvents.ts';

const MT940 = [
  '{1:F01X}{2:O940X}{4:',
  ...[':20:A', ':25:DE89370400440532013000', ':60F:C240130EUR100,00'],
  ...[':61:2401310131D12,50NTRFNONREF//1', 'more', ':86:166?00A?20SVWZ+Rent?32Mill', ' & Söhne', '- x'],
  ...[':61:2401310131RC1,NTRFX', ':62F:C240131EUR86,5', '-}{5:}', ''],
].join('\r\n');

const OFX = `OFXHEADER:100\r\n\r\n<OFX><!-- c > --><STMTRS><CURDEF>EUR<BANKACCTFROM><ACCTID>1</BANKACCTFROM>
<STMTTRN><DTPOSTED>20240131<TRNAMT>-1.50<FITID>A<NAME>
  Mill &amp; S&#246;hne 1 < 2<MEMO><![CDATA[ <b>]] &amp; ]]> AT&T
</STMTTRN>\r\n<STMTTRN><DTPOSTED>20240131120001[-5:EST]</DTPOSTED><TRNAMT>2</TRNAMT><NAME/></STMTTRN>
<LEDGERBAL><BALAMT>7</LEDGERBAL></STMTRS></OFX>`;

const QIF = [
  '!Account',
  'NGiro',
  'TBank',
  '^',
  '!Type:Bank',
  "D1/31'24",
  'T-1,234.50',
  'PMill',
  'LFood:Out',
  '^',
  'D2/1/2024',
  'T5',
  'MSöhne',
  '^',
  '',
].join('\r\n');

const CAMT = `<?xml version="1.0"?>\r\n<Document><BkToCstmrStmt><Stmt><Id>S</Id><Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">1</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>
<Ntry><Amt Ccy="EUR">5</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2024-01-31</Dt></BookgDt><NtryDtls><TxDtls><Amt Ccy="EUR">2</Amt>
<RmtInf><Ustrd>Mill &amp; S&#246;hne <![CDATA[<x>]]></Ustrd></RmtInf></TxDtls><TxDtls><Amt Ccy="EUR">3</Amt></TxDtls></NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>\n`;

const FORMATS: readonly [string, string, () => StatementReader, number][] = [
  ['MT940', MT940, () => createMt940Reader({ file: 'f' }), 2],
  ['OFX', OFX, () => createOfxReader({ file: 'f' }), 2],
  ['QIF', QIF, () => createQifReader({ file: 'f', style: { dateOrder: 'MDY', decimalMark: '.' } }), 2],
  ['CAMT', CAMT, () => createCamtReader({ file: 'f' }), 2],
];

describe('text that comes in pieces', () => {
  test.each(FORMATS)('%s: cut anywhere, the events are the same', (_, text, create, count) => {
    const whole = eventsOf(create(), text);
    expect(entriesOf(whole)).toHaveLength(count);
    // At every place once: half of a CRLF, of an entity, of a tag.
    const known = JSON.stringify(whole);
    for (let cut = 0; cut <= text.length; cut++) expect(JSON.stringify(eventsOf(create(), text, [cut]))).toBe(known);
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 40 }), (cuts) => {
        expect(eventsOf(create(), text, cuts)).toEqual(whole);
      }),
      { numRuns: 30 },
    );
    expect(
      eventsOf(
        create(),
        text,
        [...text].map((_, index) => index),
      ),
    ).toEqual(whole);
  });

  test('QIF: the survey is the same', () => {
    fc.assert(
      fc.property(fc.nat(QIF.length), (cut) => {
        const survey = new QifSurvey('f');
        survey.push(QIF.slice(0, cut));
        survey.push(QIF.slice(cut), true);
        expect(survey.result()).toEqual({ kind: 'known', style: { dateOrder: 'MDY', decimalMark: '.' } });
      }),
    );
  });

  test.each(FORMATS)('%s: a file that is cut is refused or gives nothing wrong', (_, text, create) => {
    const whole = entriesOf(eventsOf(create(), text));
    for (let length = 0; length < text.trimEnd().length; length++) {
      let entries: unknown[];
      try {
        entries = entriesOf(eventsOf(create(), text.slice(0, length)));
      } catch (error) {
        expect(error).toMatchObject({ code: 'BAD_INPUT' });
        continue;
      }
      // Whole records only: QIF has nothing that tells the end of the file.
      expect(entries).toEqual(whole.slice(0, entries.length));
    }
  });
});
