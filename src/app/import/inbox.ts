import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { codeOf, FinanceDbError, messageOf } from '../../errors/financeDbError.ts';
import { acquireLock, isHeldLock } from '../../files/lockFile.ts';
import { counted } from '../../model/counted.ts';
import { shellWord } from '../../model/crontab.ts';
import type { CameOfName } from './import.ts';
import type { RefusedFile } from './result.ts';

/** A folder that a person or a program puts statements into. */
export interface Inbox {
  readonly folder: string;
  /** What lies in it now and is complete, sorted, as the user would name it, with its state. */
  readonly files: ReadonlyMap<string, FileState>;
  /** What somebody is still writing: left for the next run. */
  readonly unfinished: readonly string[];
  /** Lets the next run in. */
  close(): void;
}

/** Size and time of the last change: the same as long as nobody writes to the file. */
type FileState = string;

export interface InboxOptions {
  readonly cwd: string;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  /** Files stay where they are, so that neither folders nor a lock are needed. */
  readonly dryRun: boolean;
}

/** What browsers and programs call a file that is still on its way. */
const UNFINISHED = /\.(part|partial|crdownload|download|tmp|filepart)$/i;

/** A file that changed less than so long ago may be half there: it is looked at again. */
const SETTLE_MS = 1500;

/**
 * Takes the inbox for this run.
 * @throws FinanceDbError FILE_UNREADABLE when the folder is not there; FILE_NOT_WRITABLE when nothing could be filed away;
 *   INBOX_LOCKED when another run works on it
 */
export async function openInbox(name: string, options: InboxOptions): Promise<Inbox> {
  const { dryRun, now, signal } = options;
  const folder = path.resolve(options.cwd, name);
  await listed(name, folder);
  const close = dryRun ? () => undefined : await takeFolder(name, folder, now(), signal);
  try {
    const first = await statesOf(name, folder);
    const fresh = [...first.values()].some(({ age }) => age < SETTLE_MS);
    if (fresh) await delay(SETTLE_MS, undefined, { signal });
    const second = fresh ? await statesOf(name, folder) : first;
    const files = new Map<string, FileState>();
    const unfinished: string[] = [];
    // A file that came meanwhile is for the next run.
    for (const [file, { state }] of first) {
      if (UNFINISHED.test(file) || second.get(file)?.state !== state) unfinished.push(file);
      else files.set(file, state);
    }
    return { folder, files, unfinished, close };
  } catch (error) {
    close();
    throw error;
  }
}

/**
 * Moves what one name stands for to `done/`, or to `refused/` with the reasons beside it (`NAME.reason.txt`). Never replaces a file
 * that has the name already. What was changed or taken away meanwhile is left to the next run.
 * @returns its name now
 * @throws FinanceDbError FILE_NOT_WRITABLE
 */
export async function fileAway(inbox: Inbox, name: string, came: CameOfName, now: Date): Promise<string> {
  const base = path.basename(name);
  const source = path.join(inbox.folder, base);
  const { imported, refused } = came;
  if (refused.some(({ error }) => error.details.changing === true)) return name;
  const stat = await fs.promises.lstat(source, { bigint: true }).catch(() => null);
  if (stat === null || stateOf(stat) !== inbox.files.get(name)) return name;
  const folder = path.join(inbox.folder, refused.length > 0 ? 'refused' : 'done');
  const target = freeName(folder, base, now);
  const there = path.join(path.dirname(name), path.relative(inbox.folder, target));
  const told = refused.map((one) => movedTo(one, name, there));
  try {
    if (refused.length > 0) await fs.promises.writeFile(`${target}.reason.txt`, reasons(base, imported.length, told));
    await fs.promises.rename(source, target);
    return there;
  } catch (error) {
    await fs.promises.rm(`${target}.reason.txt`, { force: true });
    if (codeOf(error) === 'ENOENT') return name;
    throw notWritable(`cannot move ${name} to ${target}`, error);
  }
}

/** The same for a file that lies elsewhere now: commands that it suggests work there. */
export function movedTo(one: RefusedFile, from: string, to: string): RefusedFile {
  const { error } = one;
  // As it stands within a shell's quotes: the new name needs them where the old one did.
  const quoted = (name: string): string => shellWord(name).replace(/^'(.*)'$/s, '$1');
  const remedy = error.remedy.replaceAll(quoted(from), quoted(to));
  const { message, details, cause } = error;
  return { ...one, error: new FinanceDbError(error.code, message, { remedy, details, cause }) };
}

function reasons(name: string, imported: number, refused: CameOfName['refused']): string {
  const head =
    imported === 0
      ? ''
      : `${name}: ${imported} of its ${counted(imported + refused.length, 'file')} came in, and this did not:\n\n`;
  return head + refused.map(({ error }) => `[${error.code}] ${error.message}\n→ ${error.remedy}\n`).join('\n');
}

async function listed(name: string, folder: string): Promise<string[]> {
  try {
    return await fs.promises.readdir(folder);
  } catch (error) {
    throw new FinanceDbError('FILE_UNREADABLE', `cannot read the inbox ${name}: ${messageOf(error)}`, {
      remedy: 'give a folder that exists',
      cause: error,
      details: { file: name },
    });
  }
}

/** Before anything is imported: what could not be filed away would come again with each run. */
async function takeFolder(name: string, folder: string, now: Date, signal: AbortSignal): Promise<() => void> {
  try {
    for (const inner of ['done', 'refused']) {
      await fs.promises.mkdir(path.join(folder, inner), { recursive: true });
      await fs.promises.access(path.join(folder, inner), fs.constants.W_OK);
    }
    const outcome = await acquireLock(path.join(folder, '.finance-db.lock'), { waitMs: 0, now, signal });
    if (isHeldLock(outcome)) return () => outcome.release();
    throw new FinanceDbError(
      'INBOX_LOCKED',
      `another import of ${name} is running: process ${outcome.pid} on ${outcome.host}, since ${outcome.since}`,
      { details: { ...outcome } },
    );
  } catch (error) {
    if (codeOf(error) === undefined || error instanceof FinanceDbError) throw error;
    throw notWritable(`cannot file anything away in ${name}`, error);
  }
}

async function statesOf(name: string, folder: string): Promise<Map<string, { state: FileState; age: number }>> {
  const states = new Map<string, { state: FileState; age: number }>();
  for (const entry of (await listed(name, folder)).sort()) {
    if (entry.startsWith('.')) continue;
    // A link is not followed: what it leads to is not ours to move.
    const stat = await fs.promises.lstat(path.join(folder, entry), { bigint: true }).catch(() => null);
    if (stat === null || !stat.isFile()) continue;
    states.set(path.join(name, entry), { state: stateOf(stat), age: Math.abs(Date.now() - Number(stat.mtimeMs)) });
  }
  return states;
}

function stateOf(stat: fs.BigIntStats): FileState {
  return `${stat.size} ${stat.mtimeNs}`;
}

/** Bytes of a name, so that a time and `.reason.txt` after it still fit the 255 of most file systems. */
const LONGEST_NAME = 200;

function freeName(folder: string, name: string, now: Date): string {
  const { name: whole, ext } = path.parse(name);
  let stem = whole;
  while (Buffer.byteLength(stem + ext) > LONGEST_NAME && stem.length > 1) stem = [...stem].slice(0, -1).join('');
  const stamp = now.toISOString().replace(/[:.]/g, '').replace('T', '-').slice(0, 17);
  for (let number = 0; ; number++) {
    const suffix = number === 0 ? '' : number === 1 ? `.${stamp}` : `.${stamp}-${number}`;
    const target = path.join(folder, `${stem}${suffix}${ext}`);
    if (!fs.existsSync(target) && !fs.existsSync(`${target}.reason.txt`)) return target;
  }
}

function notWritable(what: string, error: unknown): FinanceDbError {
  return new FinanceDbError('FILE_NOT_WRITABLE', `${what}: ${messageOf(error)}`, {
    remedy: 'let the user that runs this write to the inbox, and to done/ and refused/ in it',
    cause: error,
  });
}
