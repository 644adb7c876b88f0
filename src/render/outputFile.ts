import fs from 'node:fs';
import path from 'node:path';
import { codeOf, FinanceDbError, messageOf } from '../errors/financeDbError.ts';
import { isDeadTag, processTag } from '../files/processTag.ts';
import { type Sink, streamSink } from './sink.ts';

/** A file that appears whole or not at all: written beside its place and moved there by `commit`. */
export interface OutputFile {
  /** Where to write until then. */
  readonly temporary: string;
  /** A sink to `temporary`. */
  open(): Sink;
  commit(): Promise<void>;
  /** Removes what was written so far. */
  discard(): Promise<void>;
}

/**
 * Prepares the output file. What exists and is no plain file (a device, a pipe, an open descriptor such as /dev/fd/3) is
 * written in place.
 * @throws FinanceDbError FILE_NOT_WRITABLE when the folder does not exist or may not be written, or the path is a folder.
 */
export function outputFile(file: string): OutputFile {
  const fd = descriptorOf(file);
  const inPlace = fd !== null || isSpecial(file);
  const target = inPlace ? file : realTarget(file);
  const temporary = inPlace ? file : path.join(path.dirname(target), `.${path.basename(target)}.${processTag()}.tmp`);
  if (!inPlace) {
    removeLeftOvers(target);
    probe(temporary, file);
  }
  let stream: fs.WriteStream | null = null;
  const closeStream = async (): Promise<void> => {
    const open = stream;
    stream = null;
    if (open === null || open.closed || fd !== null) return;
    await new Promise<void>((resolve) => open.close(() => resolve()));
  };
  return {
    temporary,
    open() {
      // What is open already is written on, not opened anew: that would begin at its start.
      stream =
        fd === null
          ? fs.createWriteStream(temporary, { flush: !inPlace })
          : fs.createWriteStream('', { fd, autoClose: false });
      return streamSink(stream);
    },
    async commit() {
      if (stream !== null) {
        const open = stream;
        // What failed before the end is told here only, since its event is over.
        await new Promise<void>((resolve, reject) => {
          open.once('error', reject).end((error?: Error | null) => (error ? reject(open.errored ?? error) : resolve()));
        }).catch((error) => {
          throw notWritable(file, error);
        });
        await closeStream();
      }
      if (!inPlace)
        await fs.promises.rename(temporary, target).catch((error) => {
          throw notWritable(file, error);
        });
    },
    async discard() {
      await closeStream();
      if (!inPlace) await fs.promises.rm(temporary, { force: true });
    },
  };
}

/** Whether a name stands for standard output, whatever that is redirected to. */
export function isStdout(name: string): boolean {
  return name === '-' || descriptorOf(name) === 1;
}

/**
 * The descriptor that a path leads to. Its file must not be looked for: behind a redirection it is a plain one, which
 * replacing would take away from whoever redirected.
 */
function descriptorOf(file: string): number | null {
  let place = path.resolve(file);
  for (let links = 0; links < 40; links++) {
    const [, standard, number] = /^(?:\/dev\/(stdin|stdout|stderr)|\/(?:dev|proc\/self)\/fd\/(\d+))$/.exec(place) ?? [];
    if (standard !== undefined) return ['stdin', 'stdout', 'stderr'].indexOf(standard);
    if (number !== undefined) return Number(number);
    try {
      place = path.resolve(path.dirname(place), fs.readlinkSync(place));
    } catch {
      return null;
    }
  }
  return null;
}

function isSpecial(file: string): boolean {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (stat?.isDirectory()) throw new FinanceDbError('FILE_NOT_WRITABLE', `${file} is a folder`);
  return stat !== undefined && !stat.isFile();
}

/** A symbolic link stays one: its target is replaced. */
function realTarget(file: string): string {
  return fs.existsSync(file) ? fs.realpathSync(file) : file;
}

/** What killed runs left of this very file; other files, and those of living runs, are left alone. */
function removeLeftOvers(target: string): void {
  const folder = path.dirname(target);
  const prefix = `.${path.basename(target)}.`;
  let names: string[];
  try {
    names = fs.readdirSync(folder);
  } catch {
    // The probe tells what is wrong with the folder.
    return;
  }
  for (const name of names) {
    if (name.startsWith(prefix) && name.endsWith('.tmp') && isDeadTag(name.slice(prefix.length, -'.tmp'.length)))
      fs.rmSync(path.join(folder, name), { force: true });
  }
}

/** Finds out before the query runs that its result could not be kept. */
function probe(temporary: string, file: string): void {
  try {
    fs.closeSync(fs.openSync(temporary, 'w'));
  } catch (error) {
    throw notWritable(file, error);
  }
}

function notWritable(file: string, error: unknown): FinanceDbError {
  const code = codeOf(error) === 'ENOSPC' ? 'DISK_FULL' : 'FILE_NOT_WRITABLE';
  return new FinanceDbError(code, `cannot write ${file}: ${messageOf(error)}`, { cause: error });
}
