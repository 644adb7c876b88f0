import fs from 'node:fs';
import path from 'node:path';
import { codeOf } from '../errors/financeDbError.ts';

/**
 * Makes a folder and those above it that are missing, one level after the other: Node's own recursive way never ends where the
 * system says of each level that there is none above it, as Linux does below /proc.
 * @throws the error of the file system
 */
export function makeFolders(folder: string): void {
  if (fs.existsSync(folder)) return;
  const above = path.dirname(folder);
  if (above !== folder) makeFolders(above);
  try {
    fs.mkdirSync(folder);
  } catch (error) {
    // Another run made it meanwhile.
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}
