import fs from 'node:fs';
import path from 'node:path';
import { codeOf } from '../errors/financeDbError.ts';

/** What was paid to whom is the owner's affair: files of ours are for the owner alone unless FINANCE_DB_FILE_MODE shares. */
export const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;

/**
 * Makes a folder that only its owner may enter, and those above it where they are missing. One that is there stays as it
 * is: it may be shared on purpose, or be no folder of ours at all.
 */
export function makePrivateFolder(folder: string): void {
  makeFolders(path.dirname(folder));
  try {
    fs.mkdirSync(folder, { mode: PRIVATE_FOLDER });
  } catch (error) {
    if (!fs.statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}

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

/** Makes an empty file for the owner alone, such as a log that others will append to; one that is there stays. */
export function makePrivateFile(file: string): void {
  makePrivateFolder(path.dirname(file));
  fs.closeSync(fs.openSync(file, 'a', PRIVATE_FILE));
}
