import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { FinanceDbError, isFinanceDbError, messageOf } from '../../errors/financeDbError.ts';

/** A file to import: bytes that can be read more than once. */
export interface InputFile {
  /** As the user knows it, for messages and the record: `a/b.csv`, `-`, `march.zip/2026-03-01.xml`. */
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
}

/** Something that was named and cannot be imported. */
export interface InputProblem {
  readonly name: string;
  readonly error: FinanceDbError;
}

export interface InputOptions {
  readonly cwd: string;
  readonly stdin: NodeJS.ReadableStream;
  readonly signal: AbortSignal;
}

/** What holds for a whole archive against a bomb: one entry may be this large, or this many times its packed size. */
const LARGEST_ENTRY = 4e9;
const MODEST_ENTRY = 100e6;
const LARGEST_RATIO = 200;

/**
 * The files that names stand for, one after the other: a folder for the files in it, `-` for stdin, a .zip (told by its first
 * bytes) for what is in it. What had to be unpacked is removed when the next is asked for, or the loop is left.
 */
export async function* inputFiles(
  names: readonly string[],
  options: InputOptions,
): AsyncGenerator<InputFile | InputProblem, void, undefined> {
  for (const name of names) {
    try {
      if (name === '-') yield* fromStdin(options);
      else yield* fromPath(name, path.resolve(options.cwd, name), options);
    } catch (error) {
      options.signal.throwIfAborted();
      yield { name, error: asProblem(name, error) };
    }
  }
}

async function* fromPath(
  name: string,
  file: string,
  options: InputOptions,
): AsyncGenerator<InputFile | InputProblem, void, undefined> {
  const stat = await fs.promises.stat(file);
  if (stat.isDirectory()) {
    const entries = await fs.promises.readdir(file, { withFileTypes: true });
    const inside = entries.filter((entry) => !entry.name.startsWith('.') && !entry.isDirectory());
    for (const { name: entry } of inside.sort((a, b) => (a.name < b.name ? -1 : 1)))
      yield* inputFiles([path.join(name, entry)], options);
    return;
  }
  if (!stat.isFile())
    throw new FinanceDbError('FILE_UNREADABLE', `${name} is neither a file nor a folder`, {
      remedy: 'write it to a file first, or give - and pipe it in',
    });
  if (await isZip(file)) yield* fromZip(name, file, options);
  else yield { name, path: file, bytes: stat.size };
}

async function* fromStdin({ stdin, signal }: InputOptions): AsyncGenerator<InputFile, void, undefined> {
  yield* spooled('-', stdin, signal);
}

async function* fromZip(
  name: string,
  file: string,
  { signal }: InputOptions,
): AsyncGenerator<InputFile | InputProblem, void, undefined> {
  const { default: yauzl } = await import('yauzl');
  const zip = await yauzl.openPromise(file, { autoClose: false });
  try {
    const entries = [];
    for await (const entry of zip.eachEntry()) entries.push(entry);
    if (entries.some((entry) => entry.fileName.startsWith('xl/')))
      throw new FinanceDbError('BAD_INPUT', `${name} is a spreadsheet (.xlsx)`, {
        remedy: 'open it and save the sheet as CSV, or download CSV from the bank',
        details: { file: name },
      });
    const files = entries.filter(
      (entry) => !entry.fileName.endsWith('/') && !/(^|\/)(__MACOSX\/|\.)/.test(entry.fileName),
    );
    if (files.length === 0)
      throw new FinanceDbError('BAD_INPUT', `${name} holds no files`, { remedy: 'give an archive of statements' });
    for (const entry of files) {
      const inner = `${name}/${entry.fileName}`;
      try {
        refuseBomb(inner, entry.uncompressedSize, entry.compressedSize);
        yield* spooled(inner, await zip.openReadStreamPromise(entry), signal);
      } catch (error) {
        signal.throwIfAborted();
        yield { name: inner, error: asProblem(inner, error) };
      }
    }
  } finally {
    zip.close();
  }
}

function refuseBomb(name: string, bytes: number, packed: number): void {
  const bomb = bytes > LARGEST_ENTRY || (bytes > MODEST_ENTRY && bytes > LARGEST_RATIO * packed);
  if (!bomb) return;
  throw new FinanceDbError('BAD_INPUT', `${name} would unpack from ${packed} to ${bytes} bytes`, {
    remedy: 'unpack it yourself and give the file, if it is what you expect',
    details: { file: name, expected: LARGEST_ENTRY, found: bytes },
  });
}

/** Written to a private temporary file, since a file is read more than once. */
async function* spooled(
  name: string,
  stream: NodeJS.ReadableStream,
  signal: AbortSignal,
): AsyncGenerator<InputFile, void, undefined> {
  const folder = await fs.promises.mkdtemp(path.join(os.tmpdir(), 'finance-db-import-'));
  try {
    const file = path.join(folder, 'statement');
    await pipeline(Readable.from(stream as AsyncIterable<Buffer>), fs.createWriteStream(file, { mode: 0o600 }), {
      signal,
    });
    if (name !== '-' && (await isZip(file)))
      throw new FinanceDbError('BAD_INPUT', `${name} is an archive within an archive`, {
        remedy: 'unpack the outer one first',
      });
    yield { name, path: file, bytes: (await fs.promises.stat(file)).size };
  } finally {
    await fs.promises.rm(folder, { recursive: true, force: true });
  }
}

async function isZip(file: string): Promise<boolean> {
  const handle = await fs.promises.open(file, 'r');
  try {
    const head = Buffer.alloc(4);
    const { bytesRead } = await handle.read(head, 0, 4, 0);
    return bytesRead === 4 && (head.readUInt32BE(0) === 0x504b0304 || head.readUInt32BE(0) === 0x504b0506);
  } finally {
    await handle.close();
  }
}

function asProblem(name: string, error: unknown): FinanceDbError {
  if (isFinanceDbError(error)) return error;
  return new FinanceDbError('FILE_UNREADABLE', `cannot read ${name}: ${messageOf(error)}`, {
    cause: error,
    details: { file: name },
  });
}
