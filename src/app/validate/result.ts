import type { WorkingCopy } from '../../duckdb/workingCopy.ts';
import type { PostgresDialect } from '../../model/canonical.ts';
import type { SourceSnapshot } from '../../postgres/snapshot.ts';

/** What a comparison works with. */
export interface CheckContext {
  /** The DuckDB side: the file attached as `target`, which is the default database. */
  readonly copy: WorkingCopy;
  readonly snapshot: SourceSnapshot;
  readonly dialect: PostgresDialect;
  /** Tables whose sync state is not what a sync wrote. */
  readonly altered: ReadonlySet<string>;
  readonly spoolFolder: string;
  /** Connections that read from PostgreSQL at the same time. */
  readonly jobs: number;
  /** How many differing values to name. */
  readonly limit: number;
  readonly signal: AbortSignal;
  readonly onStep: (text: string) => void;
}

/** One value that differs; a whole row when `column` is null. */
export interface Difference {
  readonly kind: 'missing' | 'extra' | 'different';
  /** The key's value as text, an object for a key of several columns, null without a key. */
  readonly key: string | Record<string, string | null> | null;
  readonly column: string | null;
  readonly postgres: string | null;
  readonly duckdb: string | null;
}

/** What was found about one table. */
export interface TableCheck {
  readonly table: string;
  readonly rows: { readonly postgres: bigint; readonly duckdb: bigint };
  readonly lag: { readonly changed: bigint; readonly deleted: bigint };
  readonly damage: { readonly missing: bigint; readonly extra: bigint; readonly different: bigint };
  readonly examples: readonly Difference[];
  readonly buckets: number;
  readonly unequalBuckets: number;
  /** Over the whole table: equal digests mean equal tables. Null when not all rows were digested. */
  readonly digest: { readonly postgres: string; readonly duckdb: string } | null;
  /** Whether single rows of the file can be replaced. */
  readonly mendable: boolean;
  /** Damage that is not a matter of rows. */
  readonly problem: string | null;
  readonly notes: readonly string[];
}

export type Verdict = 'equal' | 'lagging' | 'damaged';

export interface ValidationResult {
  readonly status: Verdict;
  /** Only counts, sums, minima and maxima were compared. */
  readonly quick: boolean;
  readonly tables: readonly TableCheck[];
  readonly snapshot: string;
  readonly seconds: number;
  /** Octets that PostgreSQL sent. */
  readonly bytesReceived: number;
  /** Why the receipt was not stored in the file; null when it was. */
  readonly receiptProblem: string | null;
  /** Things worth knowing that are no errors. */
  readonly warnings: readonly string[];
  /** The position of the log at which a follower published for this comparison, so that nothing can lag; null without one. */
  readonly metAt: string | null;
}

export function emptyCheck(table: string): TableCheck {
  return {
    table,
    rows: { postgres: 0n, duckdb: 0n },
    lag: { changed: 0n, deleted: 0n },
    damage: { missing: 0n, extra: 0n, different: 0n },
    examples: [],
    buckets: 0,
    unequalBuckets: 0,
    digest: null,
    mendable: true,
    problem: null,
    notes: [],
  };
}

export function verdictOf(check: TableCheck): Verdict {
  const { damage, lag } = check;
  if (check.problem !== null || damage.missing + damage.extra + damage.different > 0n) return 'damaged';
  return lag.changed + lag.deleted > 0n ? 'lagging' : 'equal';
}

/** The worst of the tables. */
export function overallVerdict(checks: readonly TableCheck[]): Verdict {
  const verdicts = checks.map(verdictOf);
  if (verdicts.includes('damaged')) return 'damaged';
  return verdicts.includes('lagging') ? 'lagging' : 'equal';
}

/** What a repair did to one table. */
export interface Repair {
  readonly table: string;
  /** `rows`: only the damaged rows were read again; `full`: the whole table. */
  readonly how: 'rows' | 'full';
  readonly damage: TableCheck['damage'];
  readonly problem: string | null;
}
