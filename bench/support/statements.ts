import { once } from 'node:events';
import fs from 'node:fs';

/** The profile of `writeCsv`: what a user has after `import --learn`. */
export const CSV_PROFILE = {
  name: 'bench',
  match: { header: ['Date', 'Value date', 'Text', 'Payee', 'Payee account', 'Kind', 'Amount', 'Currency', 'Balance'] },
  delimiter: ';',
  columns: {
    date: 'Date',
    valueDate: 'Value date',
    text: ['Text'],
    payee: 'Payee',
    counterAccount: 'Payee account',
    code: 'Kind',
    amount: 'Amount',
    currency: 'Currency',
    balance: 'Balance',
  },
  dateFormat: 'DMY',
  decimalMark: ',',
  thousands: '.',
  sign: 'signed',
  order: 'oldestFirst',
  account: 'BENCH',
};

interface Row {
  readonly day: string;
  readonly cents: number;
  readonly balance: number;
  readonly payee: string;
  readonly text: string;
}

const FIRST =
  'Blue Corner Grand Old Sun Metro City Green North Royal Silver Star Lake Forest River Hill Golden Park Union Central'.split(
    ' ',
  );
const SECOND =
  'Market Coffee Fuel Pharmacy Books Grill Travel Bakery Garden Sports Energy Mobile Insurance Optics Shoes Toys Hotel Cinema Dental Music'.split(
    ' ',
  );

/** Rows of one account, the same in every run: 600 a day, 400 payees, both signs. */
function* rows(count: number): Generator<Row> {
  let seed = 1;
  const next = (below: number): number => {
    // Numerical Recipes' linear congruence: only to be spread, and the same each time.
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed % below;
  };
  let balance = 5_000_000;
  for (let number = 0; number < count; number++) {
    const date = new Date(Date.UTC(2015, 0, 1 + Math.floor(number / 600)));
    // One row in eight brings money, as in most accounts.
    const cents = next(8) === 0 ? next(140_000) : -next(20_000);
    balance += cents;
    const payee = `${FIRST[next(FIRST.length)]} ${SECOND[next(SECOND.length)]}`;
    yield {
      day: date.toISOString().slice(0, 10),
      cents,
      balance,
      payee,
      text: `CARD ${1000 + next(9000)} ${payee} ${number}`,
    };
  }
}

const german = (cents: number): string => {
  const size = String(Math.abs(cents)).padStart(3, '0');
  return `${cents < 0 ? '-' : ''}${size.slice(0, -2).replace(/\B(?=(?:\d{3})+$)/g, '.')},${size.slice(-2)}`;
};

/** A CSV file as many European banks give it; its running balance closes. */
export async function writeCsv(file: string, count: number): Promise<void> {
  const day = (text: string): string => text.split('-').reverse().join('.');
  await write(file, function* () {
    yield `${CSV_PROFILE.match.header.join(';')}\n`;
    for (const row of rows(count))
      yield `${day(row.day)};${day(row.day)};"${row.text}";${row.payee};DE${'0'.repeat(20)};CARD;${german(row.cents)};EUR;${german(row.balance)}\n`;
  });
}

/** MT940 with a statement a day. */
export async function writeMt940(file: string, count: number): Promise<void> {
  const amount = (cents: number): string => german(Math.abs(cents)).replaceAll('.', '');
  const short = (day: string): string => day.slice(2).replaceAll('-', '');
  const balance = (tag: string, cents: number, day: string): string =>
    `:${tag}:${cents < 0 ? 'D' : 'C'}${short(day)}EUR${amount(cents)}\r\n`;
  await write(file, function* () {
    let open = null as { day: string; closing: number } | null;
    for (const row of rows(count)) {
      if (open?.day !== row.day) {
        if (open !== null) yield `${balance('62F', open.closing, open.day)}-\r\n`;
        yield `:20:BENCH\r\n:25:BENCH\r\n:28C:1/1\r\n${balance('60F', row.balance - row.cents, row.day)}`;
      }
      open = { day: row.day, closing: row.balance };
      yield `:61:${short(row.day)}${short(row.day).slice(2)}${row.cents < 0 ? 'D' : 'C'}${amount(row.cents)}NTRFNONREF\r\n:86:${row.text}\r\n`;
    }
    if (open !== null) yield `${balance('62F', open.closing, open.day)}-\r\n`;
  });
}

async function write(file: string, lines: () => Generator<string>): Promise<void> {
  const stream = fs.createWriteStream(file);
  let piece = '';
  for (const line of lines()) {
    piece += line;
    if (piece.length < 1 << 18) continue;
    if (!stream.write(piece)) await once(stream, 'drain');
    piece = '';
  }
  stream.end(piece);
  await once(stream, 'finish');
}
