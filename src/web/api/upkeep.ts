import { Type } from '@sinclair/typebox';
import { readValidations } from '../../app/dashboard/validations.ts';
import { status } from '../../app/status.ts';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { jsonNumeral } from '../../render/json.ts';
import { statusDocument } from '../../render/statusReport.ts';
import { VERSION } from '../../version.ts';
import type { Task } from '../server/keeper.ts';
import { type ApiCall, type ApiRoute, jsonAnswer, withLease } from './call.ts';
import { optional, switchParam } from './params.ts';
import { NOTHING } from './schemas.ts';

const ACCEPTED = Type.Object({ status: Type.String(), state: Type.String() });

/** How it stands, what was proven, and doing something about it. */
export const UPKEEP_ROUTES: readonly ApiRoute[] = [
  {
    method: 'get',
    path: '/status',
    summary: 'PostgreSQL, the DuckDB file, the last sync, lag, locks, disk: as `status --json`',
    query: NOTHING,
    answer: { status: 200, type: 'application/json', about: 'the health of both sides' },
    handle: async (call) => {
      const { config, now } = call.services.options;
      const found = await status(config, now(), call.signal);
      return jsonAnswer(
        call,
        { ...statusDocument(found), freshness: freshness(call) },
        await call.services.snapshots.note().catch(() => null),
      );
    },
  },
  {
    method: 'get',
    path: '/validations',
    summary: 'The receipts in the file, newest first',
    query: optional({ limit: Type.Integer({ minimum: 1, maximum: 1000, description: 'so many (default 100)' }) }),
    answer: { status: 200, type: 'application/json', about: 'a receipt for each validation and table' },
    stable: true,
    handle: validations,
  },
  {
    method: 'post',
    path: '/validations',
    summary: 'Validate now, in the background; `GET events` tells when it is done',
    query: NOTHING,
    answer: { status: 202, type: 'application/json', schema: ACCEPTED, about: 'it has begun' },
    handle: (call) => begin(call, 'validate'),
  },
  {
    method: 'post',
    path: '/sync',
    summary: 'Sync now, in the background; `GET events` tells when it is done',
    query: optional({ validate: switchParam('prove the result, and leave a receipt, as `sync --validate` does') }),
    answer: { status: 202, type: 'application/json', schema: ACCEPTED, about: 'it has begun, or one runs already' },
    handle: (call) => beginSync(call, call.query['validate'] === true),
  },
  {
    method: 'get',
    path: '/events',
    summary: 'Server-sent events: `snapshot` when another file is there, `sync` when one begins or ends',
    query: NOTHING,
    answer: { status: 200, type: 'text/event-stream', about: 'how it stands, then every change' },
    handle: ({ services }) =>
      services.events.listen([
        { name: 'snapshot', data: { id: services.snapshots.currentId() } },
        services.keeper.standing(),
      ]),
  },
  {
    method: 'get',
    path: '/healthz',
    summary: 'Whether the server is alive; asks for no token and tells nothing else',
    query: NOTHING,
    answer: {
      status: 200,
      type: 'application/json',
      schema: Type.Object({ status: Type.String(), version: Type.String() }),
      about: 'it is',
    },
    handle: (call) => jsonAnswer(call, { status: 'ok', version: VERSION }, null),
  },
];

function freshness({ services }: ApiCall): Record<string, unknown> {
  const { checkedAt, task, since, problem, automatic, runs } = services.keeper.state();
  return { checked_at: checkedAt, running: task, since, problem, automatic, runs };
}

function validations(call: ApiCall): Promise<Response> {
  return withLease(call, async ({ reader, snapshot }) => {
    const receipts = await readValidations(reader, (call.query['limit'] as number | undefined) ?? 100);
    const counts = [
      'postgres_rows',
      'duckdb_rows',
      'lag_changed',
      'lag_deleted',
      'missing',
      'extra',
      'different',
    ] as const;
    const rows = receipts.map((receipt) => ({
      ...receipt,
      ...Object.fromEntries(counts.map((name) => [name, jsonNumeral(receipt[name])])),
    }));
    return jsonAnswer(call, { validations: rows }, snapshot);
  });
}

/** Where a follower brings every change anyway there is nothing to sync, but all to prove. */
function beginSync(call: ApiCall, prove: boolean): Response {
  if (!prove) return begin(call, 'sync');
  return call.services.keeper.state().following !== null
    ? begin(call, 'validate')
    : begin(call, 'sync', ['--validate']);
}

/** @throws FinanceDbError SYNC_LOCKED when something else runs */
function begin(call: ApiCall, task: Task, flags: readonly string[] = []): Response {
  const { keeper } = call.services;
  const started = keeper.start(task, flags);
  if (!started && keeper.state().task !== task)
    throw new FinanceDbError('SYNC_LOCKED', `a ${keeper.state().task ?? 'sync'} is running`, {
      remedy: 'wait for it to end',
    });
  return jsonAnswer(call, { status: 'accepted', state: started ? 'started' : 'running' }, null, 202);
}
