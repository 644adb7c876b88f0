import fs from 'node:fs';
import path from 'node:path';
import { codeOf, FinanceDbError, isFinanceDbError, messageOf } from '../../errors/financeDbError.ts';
import { unreadableFile } from '../../files/unreadable.ts';
import { archivedFiles, isZip } from './archive.ts';
import type { InputFile, InputProblem } from './inputFile.ts';
import { spooled } from './spooled.ts';

export interface InputOptions {
  readonly cwd: string;
  readonly stdin: NodeJS.ReadableStream;
  readonly signal: AbortSignal;
}

/**
 * The files that names stand for, one after the other: a folder for the files in it (not for the folders in it, nor for links to
 * folders), `-` for stdin, a .zip (told by its first bytes) for what is in it. What had to be unpacked is removed when the next is
 * asked for, or the loop is left.
 * @throws FinanceDbError DISK_FULL, CONFIG when there is no room to unpack; what is wrong with a file is yielded
 */
export async function* inputFiles(
  names: readonly string[],
  options: InputOptions,
): AsyncGenerator<InputFile | InputProblem, void, undefined> {
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
    const stat = await fs.promises.stat(path.resolve(cwd, name)).catch(() => null);
    if (stat?.isFile() || stat?.isDirectory()) return true;
  }
  return false;
}

async function* fromPath(
  name: string,
  file: string,
  options: InputOptions,
): AsyncGenerator<InputFile | InputProblem, void, undefined> {
  const stat = await fs.promises.stat(file);
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
): AsyncGenerator<InputFile | InputProblem, void, undefined> {
  let files = 0;
  for (const entry of (await fs.promises.readdir(folder)).sort()) {
    if (entry.startsWith('.')) continue;
    // A link may lead back up: what is a folder in the end is left out.
    const stat = await fs.promises.stat(path.join(folder, entry)).catch(() => null);
    if (stat?.isDirectory()) continue;
    files++;
    yield* inputFiles([path.join(name, entry)], options);
  }
  if (files === 0)
    throw new FinanceDbError('FILE_UNREADABLE', `${name} holds no files`, {
      remedy: 'name the folder that the files are in: folders in a folder are not looked into',
      details: { file: name },
    });
}

async function* unpacked(
  input: InputFile,
  { signal }: InputOptions,
): AsyncGenerator<InputFile | InputProblem, void, undefined> {
  if (!(await isZip(input.path))) {
    yield input;
    return;
  }
  for await (const inner of archivedFiles(input, signal))
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
