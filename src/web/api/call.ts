import type { TObject, TSchema } from '@sinclair/typebox';
import type { SnapshotNote } from '../../app/dashboard/snapshotNote.ts';
import { parseStatsFlags, type StatsFlags } from '../../app/stats/statsFlags.ts';
import type { StatsInput } from '../../app/stats/statsRequest.ts';
import { JsonNumeral, jsonText } from '../../render/json.ts';
import { sampleDocument } from '../../render/sampleText.ts';
import type { Services } from '../server/services.ts';
import type { Lease } from '../server/snapshots.ts';
import type { Visit } from '../server/visit.ts';
import type { Values } from './params.ts';

/** One path of the API: what parses its requests is what describes it. */
export interface ApiRoute {
  readonly method: 'get' | 'post';
  /** Below /api/v1, with `{name}` for what varies. */
  readonly path: string;
  readonly summary: string;
  readonly params?: TObject;
  readonly query?: TObject;
  readonly body?: TObject;
  /** What a good answer is: its status, and the type and schema of what is in it. */
  readonly answer: {
    readonly status: number;
    readonly type: string;
    readonly schema?: TSchema;
    readonly about: string;
  };
  /** Whether the same snapshot gives the same answer, so that browsers may ask whether it has changed. */
  readonly stable?: boolean;
  readonly handle: (call: ApiCall) => Promise<Response> | Response;
}

/** A request whose parameters were checked. */
export interface ApiCall {
  readonly visit: Visit;
  readonly services: Services;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Values;
  readonly body: Values;
  /** Ends with the visitor and the server. */
  readonly signal: AbortSignal;
}

/** Runs work on the newest snapshot. */
export async function withLease<T>(call: ApiCall, work: (lease: Lease) => Promise<T>): Promise<T> {
  const lease = await call.services.snapshots.lease(call.signal);
  try {
    return await work(lease);
  } finally {
    lease.release();
  }
}

/** The request of a report, by the flags among the parameters. */
export function inputOf({ services }: ApiCall, flags: StatsFlags): StatsInput {
  const { config, now } = services.options;
  return parseStatsFlags({ config, io: { now } }, flags);
}

/** FINANCE_DB_BASE_CURRENCY where somebody set it. */
export function currencySetting({ services }: ApiCall): string | null {
  const { baseCurrencyIsSet, baseCurrency } = services.options.config;
  return baseCurrencyIsSet ? baseCurrency : null;
}

export const SNAPSHOT_HEADER = 'Finance-DB-Snapshot';

/** What every document says of the data it was made from. */
export function snapshotDocument(snapshot: SnapshotNote): Record<string, unknown> {
  const { proof } = snapshot;
  return {
    id: snapshot.id,
    source: snapshot.source,
    sample: snapshot.sample || snapshot.sampleTables.length > 0,
    sample_tables: snapshot.sampleTables.map(sampleDocument),
    synced_at: snapshot.syncedAt,
    proof: proof === null ? null : { outcome: proof.outcome, how: proof.how, validated_at: proof.validatedAt },
  };
}

/** A document, with the snapshot; decimals are exact numerals, or strings where `numbers=string` asks for that. */
export function jsonAnswer(
  call: Pick<ApiCall, 'query'>,
  document: Record<string, unknown>,
  snapshot: SnapshotNote | null,
  status = 200,
): Response {
  const whole = snapshot === null ? document : { ...document, snapshot: snapshotDocument(snapshot) };
  const text = jsonText(call.query['numbers'] === 'string' ? numeralsAsText(whole) : whole);
  return new Response(`${text}\n`, {
    status,
    headers: {
      'Content-Type': 'application/json',
      ...(snapshot === null ? {} : { [SNAPSHOT_HEADER]: snapshot.id }),
    },
  });
}

function numeralsAsText(value: unknown): unknown {
  if (value instanceof JsonNumeral) return value.text;
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return value.map(numeralsAsText);
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, numeralsAsText(member)]));
}
