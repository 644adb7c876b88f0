import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { processTag } from '../../files/processTag.ts';
import { folderStore } from '../../lake/store/folderStore.ts';
import { parseS3Place } from '../../lake/store/s3Place.ts';
import { s3Store } from '../../lake/store/s3Store.ts';
import type { LakeStore } from '../../lake/store/store.ts';
import type { TableName } from '../../model/tableName.ts';

/** A lake: tables by their names under one root. */
export interface Lake {
  /** As it was named. */
  readonly location: string;
  /** The store of one table. */
  table(name: TableName): LakeStore;
}

/** A name for a run: whose its files are, as long as it lasts. */
export function newRun(): string {
  return `${processTag()}-${randomBytes(4).toString('hex').slice(0, 6)}`;
}

/**
 * Opens the lake at a folder or `s3://bucket/prefix`. Nothing is looked for yet.
 * @param env credentials, region and endpoint of an S3 store, as AWS's own tools name them
 * @throws FinanceDbError CONFIG
 */
export function openLake(place: string | null, env: NodeJS.ProcessEnv, run: string, signal: AbortSignal): Lake {
  if (place === null)
    throw new FinanceDbError('CONFIG', 'where the lake is to be is not set', {
      remedy: 'set FINANCE_DB_LAKE to a folder or s3://BUCKET/PREFIX, or name it with `lake --to PLACE`',
    });
  const s3 = parseS3Place(place, env);
  return {
    location: place,
    table: (name) => {
      const below = `${folderName(name.schema)}/${folderName(name.name)}`;
      return s3 === null ? folderStore(path.join(place, below), run) : s3Store(s3, below, signal);
    },
  };
}

/** A name as a folder's: what is not plain in every store and engine is written as `~` and hexadecimal digits. */
export function folderName(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/g, (sign) =>
    [...Buffer.from(sign)].map((octet) => `~${octet.toString(16).padStart(2, '0')}`).join(''),
  );
}
