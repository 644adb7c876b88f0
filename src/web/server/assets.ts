import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { packageFolder } from '../../files/packageFolder.ts';

/** A file of dist/ that browsers load. */
export interface Asset {
  readonly body: Buffer;
  readonly type: string;
}

export interface Assets {
  /** Where the pages find them. */
  readonly paths: { readonly script: string; readonly style: string };
  /** By the last part of the path. */
  readonly files: ReadonlyMap<string, Asset>;
}

const FILES = { script: ['client.js', 'text/javascript'], style: ['client.css', 'text/css'] } as const;

/**
 * Reads what browsers load, which `npm run build` makes of src/web/client. A hash of the contents is in each name, so that
 * browsers may keep them for ever.
 * @param base what the paths begin with (--base-path)
 */
export function readAssets(base: string, folder = path.join(packageFolder(), 'dist')): Assets {
  const files = new Map<string, Asset>();
  const add = (kind: keyof typeof FILES): string => {
    const [name, type] = FILES[kind];
    let body: Buffer;
    try {
      body = fs.readFileSync(path.join(folder, name));
    } catch (error) {
      throw new FinanceDbError('INTERNAL', `${name} is missing from ${folder}`, {
        remedy: 'install finance-db anew; in a working copy: npm run build',
        cause: error,
      });
    }
    const hash = crypto.createHash('sha256').update(body).digest('hex').slice(0, 10);
    const hashed = name.replace('.', `-${hash}.`);
    files.set(hashed, { body, type: `${type}; charset=utf-8` });
    return `${base}/assets/${hashed}`;
  };
  return { paths: { script: add('script'), style: add('style') }, files };
}
