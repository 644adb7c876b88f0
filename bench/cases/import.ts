import fs from 'node:fs';
import path from 'node:path';
import { createIndexSql, createTableSql, TRANSACTIONS_INDEXED } from '../../src/model/transactionsTable.ts';
import type { BenchContext } from '../support/case.ts';
import { runTool } from '../support/child.ts';
import type { CaseResult, Measured, Variant } from '../support/rounds.ts';
import { measureInTurn } from '../support/rounds.ts';
import { CSV_PROFILE, writeCsv, writeMt940 } from '../support/statements.ts';

const FLOOR = 'COPY FROM of the finished rows';
const TABLE = { schema: 'public', name: 'transactions' };

/** A whole import beside PostgreSQL's own COPY of the rows that come of it, into the same table with its indexes. */
export async function importCase(context: BenchContext): Promise<CaseResult[]> {
  const { rig, rows, rounds } = context;
  context.spoil();
  const csv = path.join(rig.folder, 'statement.csv');
  const mt940 = path.join(rig.folder, 'statement.sta');
  await writeCsv(csv, rows);
  await writeMt940(mt940, rows);
  const profile = path.join(rig.folder, 'home', 'profiles', 'bench.json');
  fs.mkdirSync(path.dirname(profile), { recursive: true });
  const finished = path.join(rig.exchange, 'finished.tsv');
  const importOf = (file: string) => async (): Promise<Measured> => {
    const { seconds, peak, cpu, serverCpu, stdout } = await runTool(rig, [
      'import',
      file,
      '--account',
      'BENCH',
      '--json',
    ]);
    const { imports } = JSON.parse(stdout) as { imports: readonly { new: number; known: number }[] };
    return { seconds, peak, cpu, serverCpu, note: `${imports[0]?.new} new, ${imports[0]?.known} known` };
  };
  const fresh = async (): Promise<void> => {
    await rig.session.query(
      `DROP TABLE IF EXISTS transactions, transaction_imports, transaction_statements, transaction_import_rows, exchange_rates;
       ${createTableSql(TABLE)}; ${TRANSACTIONS_INDEXED.map((column) => createIndexSql(TABLE, column)).join(';')}; CHECKPOINT`,
    );
  };
  const withProfile = async (): Promise<void> => {
    await fresh();
    fs.writeFileSync(profile, JSON.stringify(CSV_PROFILE));
  };
  const withoutProfile = async (): Promise<void> => {
    await fresh();
    fs.rmSync(profile, { force: true });
  };
  const variants: Variant[] = [
    { name: 'import of CSV by a profile', prepare: withProfile, measure: importOf(csv) },
    {
      name: FLOOR,
      prepare: async () => {
        await rig.session.query(`COPY transactions TO '${finished}'`);
        await fresh();
      },
      measure: async () => {
        const started = performance.now();
        await rig.session.query(`COPY transactions FROM '${finished}'`);
        return { seconds: (performance.now() - started) / 1000 };
      },
    },
    { name: 'import of MT940', prepare: withoutProfile, measure: importOf(mt940) },
    { name: 'import of CSV proven by its balance', prepare: withoutProfile, measure: importOf(csv) },
    { name: 'the same file once more: all known', measure: importOf(csv) },
  ];
  const lines = await measureInTurn(variants, rounds);
  await rig.session.query(
    'DROP TABLE IF EXISTS transactions, transaction_imports, transaction_statements, transaction_import_rows, exchange_rates',
  );
  return [{ name: 'import', title: `Import, ${rows.toLocaleString('en-US')} rows`, against: FLOOR, lines }];
}
