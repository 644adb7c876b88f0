import path from 'node:path';
import { FinanceDbError, isFinanceDbError } from '../errors/financeDbError.ts';
import { parseTableList, type TableName } from '../model/tableName.ts';
import { isTimeZone } from '../model/timeZone.ts';

/** What relative paths and `~` mean. */
export interface Place {
  readonly cwd: string;
  /** The user's own folder, which `~` stands for. */
  readonly userHome: string;
}

/**
 * Reads a setting's text.
 * @param name what to call it in an error: `FINANCE_DB_MEMORY in /home/me/.env`, `--memory`
 * @throws FinanceDbError CONFIG naming it, what it may be and what was found
 */
export type Parser<T> = (text: string, name: string, place: Place) => T;

/** A value that a setting may not have. */
export function badValue(name: string, expected: string, found: string, remedy?: string): FinanceDbError {
  return new FinanceDbError('CONFIG', `${name}: expected ${expected}, found ${shown(found)}`, {
    details: { setting: name, expected, found },
    ...(remedy === undefined ? {} : { remedy }),
  });
}

/** What file systems take, less what we put behind it. */
const LONGEST_PATH = 3800;
const LONGEST_NAME = 200;

/** An absolute path. A leading `~/` is the user's folder, as a shell would have it, which reads no `.env`. */
export function parsePath(text: string, name: string, { cwd, userHome }: Place): string {
  if (text.trim() === '') throw badValue(name, 'a path', text);
  // Node has put U+FFFD where bytes were no UTF-8: it would be another file.
  if (text.includes('\u{fffd}')) throw badValue(name, 'a path in UTF-8', text, 'rename the folder, or link to it');
  // PostgreSQL keeps its folder in a file of lines, and so do cron and many a script.
  if (/[\0\n\r]/.test(text)) throw badValue(name, 'a path without a line break', text);
  if (text.length > LONGEST_PATH || text.split('/').some((part) => Buffer.byteLength(part) > LONGEST_NAME))
    throw badValue(name, `a path of names up to ${LONGEST_NAME} bytes`, text);
  if (text === '~' || text.startsWith('~/')) return path.resolve(userHome, `.${text.slice(1)}`);
  if (text.startsWith('~'))
    throw badValue(name, 'a path', text, "write another user's folder out; a name that begins with ~ is ./~name");
  return path.resolve(cwd, text);
}

/** A folder, or an address in an S3-compatible store, which is looked at where it is used. */
export function parseLakePlace(text: string, name: string, place: Place): string {
  if (/^s3a?:\/\//.test(text)) return text;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) throw badValue(name, 'a folder or s3://BUCKET/PREFIX', text);
  return parsePath(text, name, place);
}

/** The name of a catalogue: what engines' own settings can hold without quoting. */
export function parseCatalogue(text: string, name: string): string {
  if (!/^[A-Za-z][A-Za-z0-9_-]{0,62}$/.test(text))
    throw badValue(name, 'a name of letters, digits, _ and - that begins with a letter', text);
  return text;
}

/** @throws FinanceDbError CONFIG for the first name that is none, is reserved or comes twice */
export function parseTables(text: string, name: string): TableName[] {
  try {
    return parseTableList(text);
  } catch (error) {
    if (!isFinanceDbError(error)) throw error;
    const { message, remedy, details } = error;
    throw new FinanceDbError('CONFIG', `${name}: ${message}`, { remedy, details: { setting: name, ...details } });
  }
}

export function parseCurrency(text: string, name: string): string {
  if (!/^[A-Z]{3}$/.test(text)) throw badValue(name, 'three capital letters such as USD', text);
  return text;
}

/** Permissions of a file, in octal: the owner reads and writes, others may at most read or write, nobody executes. */
export function parseFileMode(text: string, name: string): number {
  const mode = /^0?[0-7]{3}$/.test(text) ? Number.parseInt(text, 8) : Number.NaN;
  if ((mode & 0o600) !== 0o600 || (mode & 0o111) !== 0)
    throw badValue(name, 'permissions like 0600, 0640 or 0644', text);
  return mode;
}

/** `60`, `1.5`: seconds, in milliseconds. */
export function parseSeconds(text: string, name: string): number {
  const seconds = /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (seconds >= 0.001 && seconds <= 86_400) return Math.round(seconds * 1000);
  throw badValue(name, 'a number of seconds from 0.001 to 86400', text);
}

/** A time zone by its name: `Europe/Berlin`, `UTC`. */
export function parseTimeZone(text: string, name: string): string {
  if (isTimeZone(text.trim())) return text.trim();
  throw badValue(name, 'the name of a time zone such as Europe/Berlin or UTC', text);
}

/** A port of this machine; 0 for any that is free. */
export function parsePort(text: string, name: string): number {
  const port = /^\d{1,5}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw badValue(name, 'a port from 0 to 65535', text);
}

/** What passes through addresses, cookies and headers as it is. */
export function parseToken(text: string, name: string): string {
  if (/^[A-Za-z0-9._~-]{8,200}$/.test(text)) return text;
  // Not shown: it may be right but for one character.
  throw badValue(name, 'a token of 8 to 200 letters, digits or any of . _ ~ -', `${text.length} characters`);
}

/** Names between commas. */
export function parseNames(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** A day that there is: `2026-02-31` is none. Years of four digits from 1000, so that every period has its neighbours. */
export function parseDay(text: string, name: string): string {
  const day = /^[1-9]\d{3}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : null;
  if (day === null || Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== text)
    throw badValue(name, 'a date like 2026-01-31', text);
  return text;
}

const UNITS: Readonly<Record<string, number>> = {
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
};

/** `500MB`, `1.5 GiB` in bytes. */
export function parseBytes(least: number): Parser<number> {
  return (text, name) => {
    const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)\s*([KMGT]i?B)$/i.exec(text.trim()) ?? [];
    const bytes = Math.round(Number(digits) * (UNITS[unit.toUpperCase()] ?? Number.NaN));
    if (Number.isSafeInteger(bytes) && bytes >= least) return bytes;
    throw badValue(name, `a size like 500MB, at least ${least / 1e6}MB`, text);
  };
}

/** The same as DuckDB wants to be told: `500000KB`. */
export function parseMemory(least: number): Parser<string> {
  const parse = parseBytes(least);
  return (text, name, place) => `${Math.round(parse(text, name, place) / 1e3)}KB`;
}

const LONGEST_SHOWN = 80;

/** Quoted, and not the whole of what is very long. */
function shown(text: string): string {
  const quoted = JSON.stringify(text.length > LONGEST_SHOWN ? text.slice(0, LONGEST_SHOWN) : text);
  return text.length > LONGEST_SHOWN ? `${quoted}… (${text.length} characters)` : quoted;
}
