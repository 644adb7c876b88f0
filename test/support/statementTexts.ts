/** An entry of an invented account; cents, so that sums stay exact. */
export interface Entry {
  readonly day: string;
  readonly cents: number;
  readonly text: string;
  /** The bank's id, for formats that have one. */
  readonly id?: string;
}

export interface Statement {
  readonly account: string;
  readonly currency: string;
  readonly openingCents: number;
  readonly entries: readonly Entry[];
}

export function decimal(cents: number): string {
  const digits = String(Math.abs(cents)).padStart(3, '0');
  return `${cents < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

export function totalCents(entries: readonly Entry[]): number {
  return entries.reduce((sum, { cents }) => sum + cents, 0);
}

/** A CSV file whose running balance proves it; it names no account. */
export function csvText({ currency, openingCents, entries }: Statement): string {
  let balance = openingCents;
  const rows = entries.map(({ day, cents, text }) => {
    balance += cents;
    return `${day};"${text}";${decimal(cents)};${currency};${decimal(balance)}`;
  });
  return `Date;Description;Amount;Currency;Balance\n${rows.join('\n')}\n`;
}

/** The profile of `csvText`. */
export const CSV_PROFILE = JSON.stringify({
  name: 'bank',
  match: { header: ['Date', 'Description', 'Amount', 'Currency', 'Balance'] },
  delimiter: ';',
  columns: { date: 'Date', currency: 'Currency', amount: 'Amount', balance: 'Balance', text: ['Description'] },
  dateFormat: 'YMD',
  decimalMark: '.',
  sign: 'signed',
  order: 'oldestFirst',
});

/** OFX 1 (SGML) of a bank account; `id` is the FITID. */
export function ofxText(statement: Statement): string {
  const { account, currency, openingCents, entries } = statement;
  const rows = entries.map(
    ({ day, cents, text, id }) =>
      `<STMTTRN>\n<TRNTYPE>OTHER\n<DTPOSTED>${day.replaceAll('-', '')}\n<TRNAMT>${decimal(cents)}\n${id === undefined ? '' : `<FITID>${id}\n`}<NAME>${text.slice(0, 32)}\n${text.length > 32 ? `<MEMO>${text.slice(32)}\n` : ''}</STMTTRN>`,
  );
  const last = (entries.at(-1)?.day ?? '2026-01-31').replaceAll('-', '');
  return `OFXHEADER:100
DATA:OFXSGML
VERSION:102
SECURITY:NONE
ENCODING:USASCII
CHARSET:1252
COMPRESSION:NONE
OLDFILEUID:NONE
NEWFILEUID:NONE

<OFX>
<SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS><DTSERVER>${last}<LANGUAGE>ENG</SONRS></SIGNONMSGSRSV1>
<BANKMSGSRSV1><STMTTRNRS><TRNUID>1<STATUS><CODE>0<SEVERITY>INFO</STATUS>
<STMTRS><CURDEF>${currency}
<BANKACCTFROM><BANKID>1<ACCTID>${account}<ACCTTYPE>CHECKING</BANKACCTFROM>
<BANKTRANLIST>
${rows.join('\n')}
</BANKTRANLIST>
<LEDGERBAL><BALAMT>${decimal(openingCents + totalCents(entries))}<DTASOF>${last}</LEDGERBAL>
</STMTRS></STMTTRNRS></BANKMSGSRSV1>
</OFX>
`;
}

/** MT940 with one statement. */
export function mt940Text({ account, currency, openingCents, entries }: Statement): string {
  const day = (text: string): string => text.slice(2).replaceAll('-', '');
  const amount = (cents: number): string => decimal(Math.abs(cents)).replace('.', ',');
  const balance = (tag: string, cents: number, on: string): string =>
    `:${tag}:${cents < 0 ? 'D' : 'C'}${day(on)}${currency}${amount(cents)}`;
  const rows = entries.flatMap(({ day: on, cents, text }) => [
    `:61:${day(on)}${day(on).slice(2)}${cents < 0 ? 'D' : 'C'}${amount(cents)}NTRFNONREF`,
    `:86:${text}`,
  ]);
  const [first, last] = [entries[0]?.day ?? '2026-01-01', entries.at(-1)?.day ?? '2026-01-31'];
  return [
    ':20:STARTUMS',
    `:25:${account}`,
    ':28C:1/1',
    balance('60F', openingCents, first),
    ...rows,
    balance('62F', openingCents + totalCents(entries), last),
    '-',
    '',
  ].join('\r\n');
}
