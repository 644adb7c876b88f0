import fs from 'node:fs';
import os from 'node:os';
import { parseArgs } from 'node:util';
import { analyticsCase } from './cases/analytics.ts';
import { followCase, followLatencyCase } from './cases/follow.ts';
import { fullLoadCase } from './cases/fullLoad.ts';
import { importCase } from './cases/import.ts';
import { incrementalCase } from './cases/incremental.ts';
import { lakeCase, lakeMemoryCase } from './cases/lake.ts';
import { learnCase } from './cases/learn.ts';
import { ledgersCase } from './cases/ledgers.ts';
import { memoryCase } from './cases/memory.ts';
import { partitionsCase } from './cases/partitions.ts';
import { peersCase } from './cases/peers.ts';
import { serveCase } from './cases/serve.ts';
import { startUpCase } from './cases/startUp.ts';
import { validateCase, validateLagCase } from './cases/validate.ts';
import type { VerdictTable } from './serve/verdicts.ts';
import type { BenchCase, BenchContext } from './support/case.ts';
import { fillTransactions } from './support/data.ts';
import { caseText } from './support/report.ts';
import { openRig } from './support/rig.ts';
import type { CaseResult } from './support/rounds.ts';

const CASES: Record<string, BenchCase> = {
  'full-load': fullLoadCase,
  validate: validateCase,
  'validate-lag': validateLagCase,
  analytics: analyticsCase,
  incremental: incrementalCase,
  'start-up': startUpCase,
  memory: memoryCase,
  import: importCase,
  partitions: partitionsCase,
  serve: serveCase,
  follow: followCase,
  'follow-latency': followLatencyCase,
  lake: lakeCase,
  ledgers: ledgersCase,
  learn: learnCase,
  'lake-memory': lakeMemoryCase,
};

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    case: { type: 'string', multiple: true },
    json: { type: 'string' },
    peers: { type: 'boolean', default: false },
  },
});
const rows = Number(values.rows.replaceAll('_', ''));
const rounds = Number(values.rounds);
/** These need a server of their own kind, or other programs. */
const ONLY_IF_NAMED = ['follow', 'follow-latency', 'ledgers'];
const chosen = values.case ?? (values.peers ? [] : Object.keys(CASES).filter((name) => !ONLY_IF_NAMED.includes(name)));
const unknown = chosen.filter((name) => CASES[name] === undefined);
if (unknown.length > 0 || !(rows >= 1000) || !(rounds >= 1)) {
  console.error(
    `usage: npm run bench -- [--rows N] [--rounds N] [--json FILE] [--case NAME]… [--peers]; cases: ${Object.keys(CASES).join(', ')}`,
  );
  process.exit(2);
}

// A server that is followed writes another log, which the other cases should not pay for.
const rig = await openRig({ toFollow: values.case?.some((name) => name.startsWith('follow')) === true });
const machine = `${describeMachine()}, PostgreSQL ${await serverVersion()}`;
const results: (CaseResult | VerdictTable)[] = [];
let filled = 0;
const context: BenchContext = {
  rig,
  rows,
  rounds,
  fill: async (wanted) => {
    if (filled === wanted) return;
    await fillTransactions(rig.session, wanted);
    filled = wanted;
  },
  spoil: () => {
    filled = 0;
  },
};
try {
  console.log(`${machine}\n`);
  for (const name of chosen) {
    const made = (await CASES[name]?.(context)) ?? [];
    for (const result of made) console.log(caseText(result));
    results.push(...made);
  }
  if (values.peers)
    for (const result of await peersCase(context)) {
      console.log(caseText(result));
      results.push(result);
    }
} finally {
  await rig.close();
}
const document = { machine, rows, rounds, cases: results };
if (values.json !== undefined) fs.writeFileSync(values.json, `${JSON.stringify(document, null, 2)}\n`);

async function serverVersion(): Promise<string> {
  const [row] = await rig.session.query<{ version: string }>("SELECT current_setting('server_version') AS version");
  return row?.version ?? 'of an unknown version';
}

/** What the figures depend on; no names of hosts. */
function describeMachine(): string {
  const cpu = os.cpus()[0]?.model.trim() ?? 'unknown processor';
  const memory = Math.round(os.totalmem() / 1e9);
  return `${os.availableParallelism()} cores (${cpu}), ${memory} GB, ${os.platform()} ${os.arch()}, Node ${process.version}`;
}
