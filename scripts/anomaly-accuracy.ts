/**
 * Plants mistakes into rows and measures which of them `stats anomalies` finds:
 *   npx tsx scripts/anomaly-accuracy.ts [FILE.csv] [seed] [rate]
 *   npx tsx scripts/anomaly-accuracy.ts --households N     alarms of so many households of the generator, nothing planted
 * FILE is in our own columns; without one, or with -, the sample household. `rate` is how many of each kind are planted into a thousand rows
 * (default 1; at least five). Recall: planted ones that are named, by any kind. Precision: of what the kinds meant for it name,
 * the share that was planted; what was odd before is counted against it, so that it is a lower bound. Alarms without any planting come first.
 */
import { anomaliesReport } from '../src/analytics/anomalies.ts';
import { quoteLiteral } from '../src/model/identifier.ts';
import { TRANSACTIONS_COLUMNS } from '../src/model/transactionsTable.ts';
import { loadRows, type MeasuredRows, wholeRequest } from './support/measuredRows.ts';

const [file = '-', seedText = '1', rateText = '1'] = process.argv.slice(2);
if (file === '--households') {
  await falseAlarms(Number(seedText));
  process.exit(0);
}
const measured = await loadRows(file === '-' ? null : file, 'clean');
const { all, run } = measured;
const [facts] = await all<{ rows: string; last: string; accounts: string; months: number }>(`SELECT count(*) AS rows,
  max("timestamp")::DATE AS last, count(DISTINCT account_id) AS accounts,
  greatest(1, datediff('month', min("timestamp"), max("timestamp"))) AS months FROM clean`);
const rows = Number(facts?.rows ?? 0);
const planted = Math.max(5, Math.round((rows * Number(rateText)) / 1000));

/** Rows in an order made by the seed. */
const order = `ORDER BY hash(tx_id || ${quoteLiteral(seedText)})`;
/** Spending in the latter half, where something is known of what is usual. */
const victims = `(SELECT * FROM clean WHERE normalized_amount < 0 AND "timestamp" > (SELECT quantile_disc("timestamp", 0.5) FROM clean)
  AND category IS DISTINCT FROM 'Transfer')`;
const columns = TRANSACTIONS_COLUMNS.map(({ name }) => `"${name}"`).join(', ');
const replaced = (changes: string): string => `SELECT ${columns} FROM (SELECT * REPLACE (${changes}) FROM victim)`;

interface Plant {
  readonly name: string;
  /** The kinds that are meant for it. */
  readonly kinds: readonly string[];
  /** SQL of the rows that are changed; their places take what \`become\` says. */
  readonly pick?: string;
  readonly become?: string;
  /** SQL of rows that are added, with new ids that begin with \`planted\`. */
  readonly added?: string;
  /** Accounts and months that are emptied, in the place of all that. */
  readonly emptied?: boolean;
}

const picked = `SELECT * FROM ${victims} ${order} LIMIT ${planted}`;
const PLANTS: readonly Plant[] = [
  {
    name: 'doubled charge',
    kinds: ['charged twice'],
    // Days without a time stay so: on the same day, or the next.
    added: `WITH victim AS (${picked}) ${replaced(`'planted-' || tx_id AS tx_id, "timestamp" + CASE WHEN "timestamp" = "timestamp"::DATE
      THEN to_days((hash(tx_id) % 2)::INTEGER) ELSE INTERVAL 20 HOUR END AS "timestamp"`)}`,
  },
  {
    name: 'tenfold amount',
    kinds: ['unusual amount', 'first time, large'],
    pick: picked,
    become: 'amount * 10 AS amount, normalized_amount * 10 AS normalized_amount',
  },
  {
    name: 'unknown merchant',
    kinds: ['first time, large'],
    added: `WITH usual AS (SELECT category, median(-normalized_amount) AS usual FROM clean WHERE normalized_amount < 0 GROUP BY category),
      victim AS (SELECT v.*, usual FROM (${picked}) v JOIN usual USING (category))
      SELECT ${columns} FROM (SELECT * REPLACE ('planted-' || tx_id AS tx_id, 'Stranger ' || tx_id AS merchant,
        (-8 * usual)::DECIMAL(15, 2) AS amount, (-8 * usual)::DECIMAL(15, 2) AS normalized_amount) FROM victim)`,
  },
  {
    name: 'wrong sign',
    kinds: ['wrong sign'],
    pick: picked,
    become: '-amount AS amount, -normalized_amount AS normalized_amount',
  },
  {
    name: 'currency mix-up',
    kinds: ['odd rate', 'unusual amount', 'first time, large'],
    pick: picked,
    become: `'JPY' AS currency, (amount * 150)::DECIMAL(15, 2) AS amount, (normalized_amount * 150)::DECIMAL(15, 2) AS normalized_amount`,
  },
  {
    name: 'price rise',
    kinds: ['price change'],
    pick: `SELECT * FROM clean c WHERE hash(account_id, merchant, normalized_amount) IN (
        SELECT h FROM (SELECT hash(account_id, merchant, normalized_amount) AS h, count(*) AS n, count(DISTINCT date_trunc('month', "timestamp")) AS months,
            stddev(day("timestamp")) AS spread FROM clean WHERE normalized_amount < 0 GROUP BY h
          HAVING n >= 8 AND n = months AND spread < 2) ORDER BY hash(h::VARCHAR || ${quoteLiteral(seedText)}) LIMIT ${planted})
      QUALIFY row_number() OVER (PARTITION BY account_id, merchant, normalized_amount ORDER BY "timestamp" DESC) <= 4`,
    become:
      '(amount * 1.15)::DECIMAL(15, 2) AS amount, (normalized_amount * 1.15)::DECIMAL(15, 2) AS normalized_amount',
  },
  { name: 'quiet month', kinds: ['missing payment'], emptied: true },
  {
    name: 'unusual month',
    kinds: ['unusual month'],
    added: `WITH busy AS (
        SELECT category, min(m) AS m, any_value(spent) AS spent FROM (
          SELECT *, median(sum) OVER (PARTITION BY category) AS spent FROM (
            SELECT category, date_trunc('month', "timestamp") AS m, sum(-normalized_amount) AS sum FROM ${victims} GROUP BY ALL)) WHERE spent > 0 GROUP BY category ORDER BY spent DESC LIMIT 5)
      SELECT ${columns} FROM (SELECT c.* REPLACE ('planted-' || c.tx_id || n AS tx_id, (-spent / 3)::DECIMAL(15, 2) AS amount, (-spent / 3)::DECIMAL(15, 2) AS normalized_amount,
          b.m + INTERVAL 1 MONTH + to_days((5 * n)::INTEGER) AS "timestamp", 'Extra ' || n AS merchant)
        FROM busy b JOIN (SELECT * FROM ${victims} QUALIFY row_number() OVER (PARTITION BY category ${order}) = 1) c USING (category), range(6) AS r(n))`,
  },
];

interface Alarm {
  readonly kind: string;
  readonly tx_id: string | null;
  readonly merchant: string | null;
  readonly account_id: string | null;
  readonly date: string;
  readonly reason: string;
}

async function alarms(): Promise<Alarm[]> {
  return alarmsOf(measured, facts?.last ?? '');
}

async function alarmsOf(rows: MeasuredRows, last: string): Promise<Alarm[]> {
  const request = await wholeRequest(rows, { calendar: { today: last, monthStart: 1 }, limit: 1_000_000 });
  return (await rows.all<Alarm & { is_total: boolean }>(anomaliesReport(request).sql)).filter(
    ({ is_total }) => !is_total,
  );
}

/** Alarms of households in which nothing was planted: by month on the average, and the worst month of each. */
async function falseAlarms(households: number): Promise<void> {
  const perMonth: number[] = [];
  const worst: number[] = [];
  for (let seed = 1; seed <= households; seed++) {
    const rows = await loadRows(null, 'transactions', seed);
    const [span] = await rows.all<{ last: string; months: number }>(
      `SELECT max("timestamp")::DATE AS last, datediff('month', min("timestamp"), max("timestamp")) AS months FROM transactions`,
    );
    const found = await alarmsOf(rows, span?.last ?? '');
    rows.close();
    const byMonth = new Map<string, number>();
    for (const { date } of found) byMonth.set(date.slice(0, 7), (byMonth.get(date.slice(0, 7)) ?? 0) + 1);
    perMonth.push(found.length / (span?.months ?? 1));
    worst.push(Math.max(0, ...byMonth.values()));
  }
  const mean = perMonth.reduce((sum, value) => sum + value, 0) / households;
  console.log(
    `${households} households: ${mean.toFixed(2)} alarms a month, ${Math.max(...perMonth).toFixed(2)} in the worst household; ${Math.max(...worst)} in the worst month of all; worst months: ${worst.join(', ')}`,
  );
}

const share = (part: number, whole: number): string => (whole === 0 ? '–' : `${((100 * part) / whole).toFixed(0)} %`);

await run('CREATE TABLE transactions AS FROM clean');
const before = await alarms();
const perMonth =
  before.length /
  (facts?.months ?? 1) /
  Math.max(1, Number(facts?.accounts ?? 1) / (file === '-' ? Number(facts?.accounts ?? 1) : 1));
const kindsBefore = new Map<string, number>();
for (const { kind } of before) kindsBefore.set(kind, (kindsBefore.get(kind) ?? 0) + 1);
console.log(
  `${file}: ${rows} rows, ${facts?.accounts} accounts, ${facts?.months} months; without planting ${before.length} alarms, ${perMonth.toFixed(2)} a month ${file === '-' ? 'in the household' : 'an account'}: ${[...kindsBefore].map(([kind, count]) => `${kind} ${count}`).join(', ')}`,
);
for (const plant of PLANTS) {
  await run('DROP TABLE IF EXISTS transactions; DROP TABLE IF EXISTS marked');
  if (plant.emptied === true) {
    await run(`CREATE TABLE marked AS SELECT account_id, date_trunc('month', "timestamp") + INTERVAL 1 MONTH AS m FROM clean
      WHERE "timestamp" BETWEEN (SELECT quantile_disc("timestamp", 0.4) FROM clean) AND (SELECT max("timestamp") FROM clean) - INTERVAL 3 MONTH
      GROUP BY ALL HAVING count(*) >= 4 ORDER BY hash(concat(any_value(account_id), any_value(date_trunc('month', "timestamp"))::VARCHAR, ${quoteLiteral(seedText)})) LIMIT ${file === '-' ? 1 : planted}`);
    await run(
      `CREATE TABLE transactions AS SELECT c.* FROM clean c LEFT JOIN marked k ON k.account_id = c.account_id AND k.m = date_trunc('month', c."timestamp") WHERE k.m IS NULL`,
    );
    const found = await alarms();
    const [{ n = '0' } = {}] = await all<{ n: string }>('SELECT count(*) AS n FROM marked');
    const marks = await all<{ account_id: string; m: string }>('SELECT account_id, m::DATE AS m FROM marked');
    const hit = marks.filter(({ account_id, m }) =>
      found.some(
        (alarm) =>
          plant.kinds.includes(alarm.kind) &&
          alarm.account_id === account_id &&
          alarm.date.slice(0, 7) === m.slice(0, 7),
      ),
    ).length;
    const meant = found.filter(({ kind }) => plant.kinds.includes(kind));
    const right = meant.filter(({ account_id, date }) =>
      marks.some((mark) => mark.account_id === account_id && mark.m.slice(0, 7) === date.slice(0, 7)),
    ).length;
    console.log(
      `${plant.name}: planted ${n}, recall ${share(hit, marks.length)}, precision ${share(right, meant.length)} of ${meant.length}`,
    );
    continue;
  }
  if (plant.pick !== undefined) {
    await run(`CREATE TABLE marked AS ${plant.pick}`);
    await run(`CREATE TABLE transactions AS SELECT ${columns} FROM clean WHERE tx_id NOT IN (SELECT tx_id FROM marked)
      UNION ALL SELECT ${columns} FROM (SELECT * REPLACE (${plant.become}) FROM marked)`);
  } else {
    await run(`CREATE TABLE marked AS ${plant.added}`);
    await run(`CREATE TABLE transactions AS SELECT ${columns} FROM clean UNION ALL SELECT ${columns} FROM marked`);
  }
  const found = await alarms();
  const marks = await all<{ tx_id: string; merchant: string; account_id: string; category: string; m: string }>(
    `SELECT tx_id, merchant, account_id, category, strftime("timestamp", '%Y-%m') AS m FROM marked`,
  );
  const meant = found.filter(({ kind }) => plant.kinds.includes(kind));
  // A series, and a month of a category, is one plant.
  const keyOf = (row: { tx_id: string | null; merchant: string | null; account_id: string | null }): string =>
    plant.name === 'price rise' ? `${row.account_id} ${row.merchant}` : (row.tx_id ?? '');
  if (plant.name === 'unusual month') {
    const keys = new Set(marks.map(({ category, m }) => `${category} in ${m}`));
    const said = meant.map(({ reason }) => reason.split(':')[0] ?? '');
    const hit = [...keys].filter((key) => said.includes(key)).length;
    console.log(
      `${plant.name}: planted ${keys.size}, recall ${share(hit, keys.size)}, precision ${share(said.filter((key) => keys.has(key)).length, said.length)} of ${said.length}`,
    );
    continue;
  }
  const keys = new Set(marks.map(keyOf));
  // The other one of two that are alike may be the one that is named.
  const twins =
    plant.name === 'doubled charge' ? new Set([...keys].map((key) => key.replace('planted-', ''))) : new Set<string>();
  const named = new Set(found.map(keyOf));
  const hit = [...keys].filter(
    (key) => named.has(key) || (twins.size > 0 && named.has(key.replace('planted-', ''))),
  ).length;
  const right = meant.filter((alarm) => keys.has(keyOf(alarm)) || twins.has(keyOf(alarm))).length;
  console.log(
    `${plant.name}: planted ${keys.size}, recall ${share(hit, keys.size)}, precision ${share(right, meant.length)} of ${meant.length}`,
  );
}
measured.close();
