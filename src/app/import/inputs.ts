import fs from 'node:fs';
import path from 'node:path';
import { codeOf, FinanceDbError, isFinanceDbError, messageOf } from '../../errors/financeDbError.ts';
import { unreadableFile } from '../../files/unreadable.ts';
import { archivedFiles, isZip } from './archive.ts';
import { importCommand } from './furtherCommands.ts';
import type { InputFile, InputProblem } from './inputFile.ts';
import { spooled } from './spooled.ts';

export interface InputOptions {
  readonly cwd: string;
  readonly stdin: NodeJS.ReadableStream;
  readonly signal: AbortSignal;
  /** Flags that a suggested command needs too. */
  readonly settings?: readonly string[];
}

/** A folder whose files came, and folders in it that were not looked into. */
export interface LeftAside {
  readonly name: string;
  /** As the user would name them. */
  readonly folders: readonly string[];
  /** The command that imports what is in them. */
  readonly next: string;
}

/** What a name stands for: a file, what is wrong with one, or what of a folder it does not stand for. */
export type Input = InputFile | InputProblem | LeftAside;

/**
 * The files that names stand for, one after the other: a folder for the files in it (not for the folders in it, nor for links to
 * folders: they are told), `-` for stdin, a .zip (told by its first bytes) for what is in it, `FILE.zip/NAME` for one file of it.
 * What had to be unpacked is removed when the next is asked for, or the loop is left.
 * @throws FinanceDbError DISK_FULL, CONFIG when there is no room to unpack; what is wrong with a file is yielded
 */
export async function* inputFiles(
  names: readonly string[],
  options: InputOptions,
): AsyncGenerator<Input, void, undefined> {
  for (const name of names) {
    try {
      if (name === '-')
        for await (const input of spooled(name, () => options.stdin, options.signal)) yield* unpacked(input, options);
      else yield* fromPath(name, path.resolve(options.cwd, name), options);
    } catch (error) {
      options.signal.throwIfAborted();
      yield { name, error: asProblem(name, error) };
    }
  }
}

/** Whether any of the names stands for something that can be read; stdin always does. */
export async function anyIsThere(names: readonly string[], { cwd }: InputOptions): Promise<boolean> {
  for (const name of names) {
    if (name === '-') return true;
    const file = path.resolve(cwd, name);
    const stat = await fs.promises.stat(file).catch(() => null);
    if (stat?.isFile() || stat?.isDirectory() || (await archiveAbove(file)) !== null) return true;
  }
  return false;
}

async function* fromPath(name: string, file: string, options: InputOptions): AsyncGenerator<Input, void, undefined> {
  const stat = await fs.promises.stat(file).catch(async (error) => {
    const archive = await archiveAbove(file);
    if (archive === null) throw error;
    return archive;
  });
  if ('inner' in stat) {
    const { archive, inner, bytes } = stat;
    yield* unpacked({ name: name.slice(0, -inner.length - 1), path: archive, bytes }, options, inner);
    return;
  }
  if (stat.isDirectory()) yield* fromFolder(name, file, options);
  else if (stat.isFile()) yield* unpacked({ name, path: file, bytes: stat.size }, options);
  else
    throw new FinanceDbError('FILE_UNREADABLE', `${name} is neither a file nor a folder`, {
      remedy: 'write it to a file first, or give - and pipe it in',
      details: { file: name },
    });
}

async function* fromFolder(
  name: string,
  folder: string,
  options: InputOptions,
): AsyncGenerator<Input, void, undefined> {
  let files = 0;
  const folders: string[] = [];
  for (const entry of (await fs.promises.readdir(folder)).sort()) {
    if (entry.startsWith('.')) continue;
    // A link may lead back up: what is a folder in the end is left out.
    const stat = await fs.promises.stat(path.join(folder, entry)).catch(() => null);
    if (stat?.isDirectory()) {
      folders.push(path.join(name, entry));
      continue;
    }
    files++;
    yield* inputFiles([path.join(name, entry)], options);
  }
  const next = importCommand(folders, null, { settings: options.settings ?? [] });
  if (files === 0)
    throw new FinanceDbError('FILE_UNREADABLE', `${name} holds no files`, {
      remedy:
        folders.length === 0
          ? 'name the folder that the files are in'
          : `folders in a folder are not looked into: \`${next}\``,
      details: { file: name },
    });
  if (folders.length > 0) yield { name, folders, next };
}

/** The archive that a path leads into, as if it were a folder; null where there is none. */
async function archiveAbove(file: string): Promise<{ archive: string; inner: string; bytes: number } | null> {
  for (let archive = path.dirname(file); archive !== path.dirname(archive); archive = path.dirname(archive)) {
    const stat = await fs.promises.stat(archive).catch(() => null);
    if (stat === null) continue;
    if (!stat.isFile() || !(await isZip(archive).catch(() => false))) return null;
    return { archive, inner: path.relative(archive, file), bytes: stat.size };
  }
  return null;
}

async function* unpacked(
  input: InputFile,
  { signal }: InputOptions,
  only: string | null = null,
): AsyncGenerator<InputFile | InputProblem, void, undefined> {
  if (!(await isZip(input.path))) {
    yield input;
    return;
  }
  for await (const inner of archivedFiles(input, signal, only))
    yield 'thrown' in inner ? { name: inner.name, error: asProblem(inner.name, inner.thrown) } : inner;
}

/** @throws FinanceDbError what is no fault of the file, such as a full disk */
function asProblem(name: string, error: unknown): FinanceDbError {
  const code = codeOf(error) ?? '';
  if (code === 'ENOSPC' || code === 'EDQUOT')
    throw new FinanceDbError('DISK_FULL', `no space left to unpack ${name}: ${messageOf(error)}`, { cause: error });
  if (isFinanceDbError(error)) {
    if (error.exitCode !== 2 || error.code === 'CONFIG') throw error;
    return error;
  }
  return unreadableFile(name, error);
}
