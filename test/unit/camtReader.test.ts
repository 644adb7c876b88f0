import { describe, expect, test } from '@jest/globals';
import { createCamtReader } from '../../src/ingest/camt/camtReader.ts';
import type { StatementEvent } from '../../src/ingest/statement.ts';
import { balancesOf, entriesOf, eventsOf } from '../support/statementEvents.ts';

function read(text: string): StatementEvent[] {
  return eventsOf(createCamtReader({ file: 'f.xml' }), text);
}

const ACCOUNT = '<Id>S1</Id><Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>EUR</Ccy></Acct>';

function camt(inner: string, version = '053.001.02'): string {
  const [message, statement] = {
    '052': ['BkToCstmrAcctRpt', 'Rpt'],
    '053': ['BkToCstmrStmt', 'Stmt'],
    '054': ['BkToCstmrDbtCdtNtfctn', 'Ntfctn'],
  }[version.slice(0, 3)] ?? ['', ''];
  return `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.${version}"><${message}><GrpHdr><MsgId>M</MsgId></GrpHdr>
<${statement}>${inner}</${statement}></${message}></Document>`;
}

function balance(type: string, amount: string, direction = 'CRDT', currency = 'EUR'): string {
  return `<Bal><Tp><CdOrPrtry><Cd>${type}</Cd></CdOrPrtry></Tp><Amt Ccy="${currency}">${amount}</Amt><CdtDbtInd>${direction}</CdtDbtInd><Dt><Dt>2024-01-31</Dt></Dt></Bal>`;
}

function ntry(amount: string, direction: string, more = '', status = '<Sts>BOOK</Sts>', date = '<Dt>2024-01-31</Dt>') {
  return `<Ntry><Amt Ccy="EUR">${amount}</Amt><CdtDbtInd>${direction}</CdtDbtInd>${status}<BookgDt>${date}</BookgDt>${more}</Ntry>`;
}

function details(...each: string[]): string {
  return `<NtryDtls>${each.map((one) => `<TxDtls>${one}</TxDtls>`).join('')}</NtryDtls>`;
}

/** The only entry of a statement. */
function entry(text: string) {
  return entriesOf(read(camt(ACCOUNT + text)))[0];
}

describe('CAMT: statements', () => {
  test('balances, several statements, currencies', () => {
    const events = read(
      camt(
        `${ACCOUNT}${balance('OPBD', '10.00', 'DBIT')}${balance('CLBD', '2.50')}${ntry('12.5', 'CRDT')}</Stmt><Stmt>` +
          `<Id>S2</Id><Acct><Id><Othr><Id>12 34</Id></Othr></Id><Nm>Giro</Nm></Acct>${balance('PRCD', '1.00')}${balance('CLBD', '5.00', 'CRDT', 'USD')}`,
      ),
    );
    expect(events.filter(({ kind }) => kind === 'start')).toMatchObject([
      { account: { id: 'DE89370400440532013000' }, currency: 'EUR', number: 'S1', opening: { amount: '-10.00' } },
      { account: { id: '1234', name: 'Giro' }, currency: 'EUR', number: 'S2', opening: { amount: '1.00' } },
    ]);
    // A closing balance in another currency is none.
    expect(balancesOf(events).map(({ closes }) => closes)).toEqual([true, null]);
  });

  test.each<[string, string[], string | undefined, string | undefined]>([
    ['a first page', ['OPBD 1', 'ITBD 2'], '1', '2'],
    ['a page between', ['ITBD 1', 'ITBD 2'], '1', '2'],
    ['a last page', ['ITBD 1', 'CLBD 2'], '1', '2'],
    ['a report of the day', ['ITBD 1'], undefined, '1'],
    ['two that mean the same', ['PRCD 3', 'OPBD 1', 'CLBD 2', 'OPAV 9', 'CLAV 9'], '1', '2'],
  ])('balances of %s', (_, all, opening, closing) => {
    const [only] = balancesOf(
      read(camt(ACCOUNT + all.map((each) => balance(each.slice(0, 4), each.slice(5))).join(''))),
    );
    expect([only?.opening?.amount, only?.closing?.amount]).toEqual([opening, closing]);
  });

  test.each(['052.001.02', '052.001.06', '053.001.08', '053.001.13', '054.001.04'])('camt.%s', (version) => {
    const sts =
      Number(version.slice(-2)) > 6
        ? (code: string) => `<Sts><Cd>${code}</Cd></Sts>`
        : (code: string) => `<Sts>${code}</Sts>`;
    const text =
      ntry('1', 'DBIT', '', sts('BOOK')) + ntry('2', 'CRDT', '', sts('PDNG')) + ntry('3', 'CRDT', '', sts('INFO'));
    expect(read(camt(ACCOUNT + text, version))).toMatchObject([
      { kind: 'start' },
      { kind: 'entry', amount: '-1' },
      { kind: 'skipped', reason: 'pending', amount: '2' },
      { kind: 'skipped', reason: 'pending', amount: '3' },
      { kind: 'end' },
    ]);
  });

  test('version 1, whose names end with it', () => {
    const text = camt(ACCOUNT + ntry('1', 'CRDT')).replaceAll('BkToCstmrStmt', 'BkToCstmrStmtV01');
    expect(entriesOf(read(text))).toMatchObject([{ amount: '1' }]);
  });

  test('names with a prefix, in an envelope', () => {
    const text = `<e:Env xmlns:e="x"><c:Document xmlns:c="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><c:BkToCstmrStmt><c:Stmt><c:Ntry><c:Amt Ccy="EUR">1</c:Amt><c:CdtDbtInd>CRDT</c:CdtDbtInd><c:Sts>BOOK</c:Sts><c:BookgDt><c:DtTm>2024-01-31T23:30:00-05:00</c:DtTm></c:BookgDt></c:Ntry></c:Stmt></c:BkToCstmrStmt></c:Document></e:Env>`;
    // The local day counts as written.
    expect(entriesOf(read(text))).toMatchObject([{ amount: '1', date: '2024-01-31', time: '23:30:00' }]);
  });
});

describe('CAMT: entries', () => {
  test('the other party, texts, codes, ids', () => {
    const one = details(
      '<Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs><RltdPties><Dbtr><Nm>Me</Nm></Dbtr><DbtrAcct><Id><IBAN>DE89370400440532013000</IBAN></Id></DbtrAcct>' +
        '<Cdtr><Nm>Mill &amp; Co</Nm><PstlAdr><TwnNm>Delft</TwnNm></PstlAdr></Cdtr><CdtrAcct><Id><IBAN>NL91ABNA0417164300</IBAN></Id></CdtrAcct><UltmtCdtr><Nm>Baker</Nm></UltmtCdtr></RltdPties>' +
        '<RmtInf><Ustrd>Rent  for</Ustrd><Ustrd>January</Ustrd><Strd><CdtrRefInf><Ref>RF18</Ref></CdtrRefInf></Strd></RmtInf>',
    );
    const code =
      '<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn><Prtry><Cd>544</Cd></Prtry></BkTxCd>';
    const text = ntry(
      '5.10',
      'DBIT',
      `<ValDt><Dt>2024-02-01</Dt></ValDt><AcctSvcrRef>R1</AcctSvcrRef>${code}${one}<AddtlNtryInf>TRANSFER</AddtlNtryInf>`,
    );
    expect(entry(text)).toMatchObject({
      amount: '-5.10',
      valueDate: '2024-02-01',
      bankId: 'R1',
      code: 'PMNT/ICDT/ESCT',
      payee: 'Mill & Co',
      counterAccount: 'NL91ABNA0417164300',
      city: 'Delft',
      text: 'Mill & Co Rent for January RF18 Baker TRANSFER',
    });
    expect(entry(ntry('1', 'CRDT', '<AcctSvcrRef>NOTPROVIDED</AcctSvcrRef>'))).toMatchObject({ bankId: null });
    expect(entry(ntry('1', 'CRDT', '<BkTxCd><Prtry><Cd>544</Cd></Prtry></BkTxCd>'))).toMatchObject({ code: '544' });
  });

  test('a reversal keeps the parties of what it takes back; its direction is its own', () => {
    const parties = details(
      '<RltdPties><Dbtr><Pty><Nm>Me</Nm></Pty></Dbtr><Cdtr><Pty><Nm>Shop</Nm></Pty></Cdtr></RltdPties>',
    );
    expect(entry(ntry('5', 'CRDT', `<RvslInd>true</RvslInd>${parties}`))).toMatchObject({ amount: '5', payee: 'Shop' });
    expect(entry(ntry('5', 'CRDT', `<RvslInd>false</RvslInd>${parties}`))).toMatchObject({ amount: '5', payee: 'Me' });
  });

  test('details that add up to the entry are its rows', () => {
    const batch = details(
      '<AmtDtls><TxAmt><Amt Ccy="EUR">2.00</Amt></TxAmt></AmtDtls><RltdPties><Cdtr><Nm>A</Nm></Cdtr></RltdPties>',
      '<Amt Ccy="EUR">3.00</Amt><RltdPties><Cdtr><Nm>B</Nm></Cdtr></RltdPties>',
    );
    expect(entriesOf(read(camt(ACCOUNT + ntry('5', 'DBIT', `<AcctSvcrRef>R</AcctSvcrRef>${batch}`))))).toMatchObject([
      { amount: '-2.00', payee: 'A', bankId: 'R/1', place: { record: 1 } },
      { amount: '-3.00', payee: 'B', bankId: 'R/2', place: { record: 2 } },
    ]);
  });

  test('ids of details: their own where no two share one', () => {
    const ids = (...own: string[]) => {
      const batch = details(...own.map((id) => `<Refs><AcctSvcrRef>${id}</AcctSvcrRef></Refs><Amt Ccy="EUR">1</Amt>`));
      const text = ntry(`${own.length}`, 'CRDT', `<AcctSvcrRef>R</AcctSvcrRef>${batch}`);
      return entriesOf(read(camt(ACCOUNT + text))).map(({ bankId }) => bankId);
    };
    expect(ids('A', 'B')).toEqual(['A', 'B']);
    expect(ids('A', 'A')).toEqual(['R/1', 'R/2']);
    expect(ids('R', 'B')).toEqual(['R/1', 'R/2']);
  });

  test('details with directions of their own, and with those of the payments', () => {
    const of = (amount: string, direction: string) =>
      `<Amt Ccy="EUR">${amount}</Amt><CdtDbtInd>${direction}</CdtDbtInd>`;
    const amounts = (text: string) => entriesOf(read(camt(ACCOUNT + text))).map(({ amount }) => amount);
    expect(amounts(ntry('1', 'DBIT', details(of('3', 'DBIT'), of('2', 'CRDT'))))).toEqual(['-3', '2']);
    expect(amounts(ntry('5', 'DBIT', details(of('3', 'CRDT'), of('2', 'CRDT'))))).toEqual(['-3', '-2']);
  });

  test.each([
    ['do not add up', details('<Amt Ccy="EUR">2</Amt>', '<Amt Ccy="EUR">2.99</Amt>')],
    ['are in another currency', details('<Amt Ccy="CHF">2</Amt>', '<Amt Ccy="CHF">3</Amt>')],
    ['have no amount', details('<Amt Ccy="EUR">5</Amt>', '<AddtlTxInf>x</AddtlTxInf>')],
    ['are one of zero', details('<Amt Ccy="EUR">0</Amt>')],
  ])('details that %s leave the entry whole', (_, batch) => {
    expect(entriesOf(read(camt(ACCOUNT + ntry('5', 'CRDT', batch))))).toMatchObject([{ amount: '5' }]);
  });

  test('an entry of more details than are kept stays whole', () => {
    const amounts = (count: number) => {
      const batch = details(...Array.from({ length: count }, () => '<Amt Ccy="EUR">1</Amt>'));
      const reader = createCamtReader({ file: 'f.xml', mostDetails: 3 });
      return entriesOf(eventsOf(reader, camt(ACCOUNT + ntry(`${count}`, 'CRDT', batch)))).map(({ amount }) => amount);
    };
    expect(amounts(3)).toEqual(['1', '1', '1']);
    expect(amounts(4)).toEqual(['4']);
  });

  test('an amount before the bank converted it', () => {
    const one = details(
      '<AmtDtls><InstdAmt><Amt Ccy="USD">6.10</Amt></InstdAmt><TxAmt><Amt Ccy="EUR">5</Amt></TxAmt></AmtDtls>',
    );
    expect(entry(ntry('5', 'DBIT', one))).toMatchObject({ original: { amount: '-6.10', currency: 'USD' } });
  });

  test.each([
    ['an amount', ntry('', 'CRDT'), 'f.xml:3 (record 1): Amt: found ""'],
    ['a sign', ntry('-5', 'CRDT'), 'Amt: found "-5": expected an amount without a sign'],
    ['a direction', ntry('5', ''), 'Ntry CdtDbtInd: found "": expected CRDT or DBIT'],
    ['a day', ntry('5', 'CRDT', '', '<Sts>BOOK</Sts>', '<Dt>2023-02-29</Dt>'), 'BookgDt: found "2023-02-29"'],
    ['no day', ntry('5', 'CRDT', '', '<Sts>BOOK</Sts>', ''), 'BookgDt: found "": a booked entry without a day'],
  ])('%s that cannot be is refused', (_, text, message) => {
    expect(() => entry(text)).toThrow(
      expect.objectContaining({ code: 'BAD_INPUT', message: expect.stringContaining(message) }),
    );
  });
});

describe('CAMT: bad files', () => {
  const whole = camt(ACCOUNT + ntry('5', 'CRDT'));
  test.each([
    ['cut in an entry', whole.slice(0, whole.indexOf('<Sts>')), 'f.xml:3: the file is cut: <Ntry> is not closed'],
    ['cut in a tag', whole.slice(0, whole.indexOf('<Sts>') + 3), 'the file is cut: <Ntry> is not closed'],
    ['cut at its end', whole.slice(0, -3), 'the file is cut: <Document> is not closed'],
    ['not well-formed', whole.replace('</Amt>', '</Amount>'), 'f.xml:3: not well-formed XML'],
    [
      'an entity bomb',
      `<!DOCTYPE Document [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>${whole.replace(/^.*\n/, '')}`,
      'a document type (<!DOCTYPE) is not accepted',
    ],
    ['with an entity of nobody', whole.replace('S1', '&b;'), 'not well-formed XML: undefined entity'],
    [
      'of a value without end',
      `${whole.slice(0, whole.indexOf('S1'))}${'x'.repeat(2_000_000)}`,
      'a value of more than a million',
    ],
    ['another message', '<Document><CstmrCdtTrfInitn/></Document>', 'not a CAMT.052, .053 or .054 message'],
    [
      'without a statement',
      '<Document><BkToCstmrStmt><GrpHdr/></BkToCstmrStmt></Document>',
      'the message holds no statement',
    ],
  ])('%s', (_, text, message) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ code: 'BAD_INPUT', message: expect.stringContaining(message) }),
    );
  });
});
