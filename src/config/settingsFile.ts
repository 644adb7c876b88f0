import { isUtf8 } from 'node:buffer';
import fs from 'node:fs';
import path from 'node:path';
import { parse as parseDotenv } from 'dotenv';
import { codeOf, FinanceDbError, messageOf } from '../errors/financeDbError.ts';

/** What a settings file says. */
export interface SettingsFile {
  readonly values: Readonly<Record<string, string>>;
  /** Null when there is none. */
  readonly path: string | null;
  readonly warnings: readonly string[];
}

/** Nobody's settings are longer; what is was given by mistake. */
const LARGEST = 1 << 20;

/** Long enough for a program that decrypts, short enough for who has named the wrong pipe. */
const PIPE_WAIT_MS = 5000;

const NONE: SettingsFile = { values: {}, path: null, warnings: [] };

/**
 * The settings file of this run: one that was named has to be there; `.env` in the working folder may be. A folder of
 * that name is none of ours (Python keeps environments in one).
 * @throws FinanceDbError FILE_UNREADABLE
 */
export function findSettingsFile(named: string | undefined, cwd: string): SettingsFile {
  const file = named ?? path.join(cwd, '.env');
  if (named !== undefined) return { values: readSettingsFile(file), path: file, warnings: [] };
  const stat = statIfThere(file);
  if (stat === null || stat.isDirectory()) return NONE;
  // Whoever reads a pipe waits for whoever writes it.
  if (!stat.isFile()) return { ...NONE, warnings: [`${file} is no file, and was not read`] };
  try {
    return { values: readSettingsFile(file), path: file, warnings: [] };
  } catch (error) {
    const reason = codeOf((error as { cause?: unknown }).cause);
    if (reason === 'EACCES' || reason === 'EPERM')
      return { ...NONE, warnings: [`${file} may not be read by this user, so its settings do not count`] };
    throw error;
  }
}

/** @throws FinanceDbError FILE_UNREADABLE when it is not there, too large, or no text */
export function readSettingsFile(file: string): Readonly<Record<string, string>> {
  const content = readBytes(file);
  const problem = whyNoText(content);
  if (problem !== null)
    throw new FinanceDbError('FILE_UNREADABLE', `the settings file ${file} is ${problem}`, {
      remedy: 'it holds lines of NAME=value in UTF-8: save it so, or name another with --env-file',
      details: { path: file },
    });
  return parseDotenv(content.toString('utf8'));
}

function readBytes(file: string): Buffer {
  let opened: number | undefined;
  try {
    // Opening a pipe would wait for whoever writes it, and no signal would end that.
    opened = fs.openSync(file, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
    // One byte more than may be there tells that there is more; a device may never end.
    const content = Buffer.alloc(LARGEST + 1);
    const length = readAll(opened, content, fs.fstatSync(opened).isFIFO());
    return content.subarray(0, length);
  } catch (error) {
    const folder = codeOf(error) === 'EISDIR';
    throw new FinanceDbError(
      'FILE_UNREADABLE',
      `cannot read the settings file ${file}: ${folder ? 'it is a folder' : messageOf(error)}`,
      { cause: error, details: { path: file }, ...(folder ? { remedy: 'name the file in it' } : {}) },
    );
  } finally {
    if (opened !== undefined) fs.closeSync(opened);
  }
}

/** Reads to the end, or until there is no room; waits a while for a pipe that nobody has written to yet. */
function readAll(opened: number, content: Buffer, pipe: boolean): number {
  const deadline = performance.now() + PIPE_WAIT_MS;
  for (let length = 0; ; ) {
    const read = readSome(opened, content, length);
    length += read ?? 0;
    if (length === content.length) return length;
    // A pipe without a writer reads as one that has ended.
    if (read === 0 && !(pipe && length === 0)) return length;
    if (read !== null && read > 0) continue;
    if (performance.now() > deadline) throw new Error(`it is a pipe, and nothing came within ${PIPE_WAIT_MS / 1000} s`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  }
}

/** How many bytes came; null when none are there yet. */
function readSome(opened: number, content: Buffer, length: number): number | null {
  try {
    return fs.readSync(opened, content, length, content.length - length, null);
  } catch (error) {
    if (codeOf(error) === 'EAGAIN') return null;
    throw error;
  }
}

function whyNoText(content: Buffer): string | null {
  if (content.length > LARGEST) return 'larger than 1 MB';
  if (/^(?:\xff\xfe|\xfe\xff)/.test(content.toString('latin1', 0, 2))) return 'UTF-16 text';
  if (content.includes(0)) return 'no text: it holds NUL bytes';
  return isUtf8(content) ? null : 'not UTF-8 text';
}

function statIfThere(file: string): fs.Stats | null {
  try {
    return fs.statSync(file);
  } catch {
    // Not there, or a folder above it that may not be entered: nobody asked for it.
    return null;
  }
}
