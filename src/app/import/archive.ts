import fs from 'node:fs';
import path from 'node:path';
import type { Entry, ZipFile } from 'yauzl';
import { codeOf, FinanceDbError, isFinanceDbError, messageOf } from '../../errors/financeDbError.ts';
import type { InputFile } from './inputFile.ts';
import { spooled } from './spooled.ts';

/** A file of an archive that could not be unpacked. */
export interface ArchiveProblem {
  readonly name: string;
  readonly thrown: unknown;
}

/** Against bombs: what an archive says it unpacks to may be so much, and beyond a modest size so many times its own. */
const LARGEST = 8e9;
const MODEST = 100e6;
const LARGEST_RATIO = 200;
const MOST_FILES = 10_000;

/** Whether a file is a .zip, by its first bytes. */
export async function isZip(file: string): Promise<boolean> {
  const handle = await fs.promises.open(file, 'r');
  try {
    const head = Buffer.alloc(4);
    const { bytesRead } = await handle.read(head, 0, 4, 0);
    return bytesRead === 4 && (head.readUInt32BE(0) === 0x504b0304 || head.readUInt32BE(0) === 0x504b0506);
  } finally {
    await handle.close();
  }
}

/**
 * The files of a .zip, each unpacked when it is asked for. The sizes that the archive states are looked at before; one that lies
 * fails while it is unpacked, as soon as it is longer than it said.
 * @param only the one that is wanted, by its name in the archive; null: all
 * @throws FinanceDbError BAD_INPUT for an archive that is damaged, a spreadsheet, empty or a bomb, or that does not have it
 */
export async function* archivedFiles(
  archive: InputFile,
  signal: AbortSignal,
  only: string | null = null,
): AsyncGenerator<InputFile | ArchiveProblem, void, undefined> {
  const { default: yauzl } = await import('yauzl');
  const zip = await yauzl.openPromise(archive.path, { autoClose: false }).catch((error) => {
    throw damaged(archive.name, error);
  });
  try {
    const files = await filesOf(archive, zip);
    const wanted = only === null ? files : files.filter(({ fileName }) => path.normalize(fileName) === only);
    if (wanted.length === 0)
      throw new FinanceDbError('BAD_INPUT', `${archive.name} holds no ${only}`, {
        remedy: `it holds ${listed(files.map(({ fileName }) => fileName))}`,
        details: { file: archive.name },
      });
    for (const entry of wanted) {
      const name = `${archive.name}/${entry.fileName}`;
      try {
        yield* unpackedEntry(name, zip, entry, signal);
      } catch (error) {
        signal.throwIfAborted();
        yield { name, thrown: isOurs(error) ? error : damaged(name, error) };
      }
    }
  } finally {
    zip.close();
  }
}

async function* unpackedEntry(
  name: string,
  zip: ZipFile,
  entry: Entry,
  signal: AbortSignal,
): AsyncGenerator<InputFile, void, undefined> {
  if ((entry.generalPurposeBitFlag & 1) === 1)
    throw new FinanceDbError('BAD_INPUT', `${name} is encrypted`, {
      remedy: 'unpack it with its password, and give the files',
      details: { file: name },
    });
  for await (const file of spooled(name, () => zip.openReadStreamPromise(entry), signal)) {
    if (await isZip(file.path))
      throw new FinanceDbError('BAD_INPUT', `${name} is an archive within an archive`, {
        remedy: 'unpack the outer one first, and give what is in it',
        details: { file: name },
      });
    yield file;
  }
}

async function filesOf({ name, bytes }: InputFile, zip: ZipFile): Promise<Entry[]> {
  const refused = (what: string, remedy: string): FinanceDbError =>
    new FinanceDbError('BAD_INPUT', `${name} ${what}`, { remedy, details: { file: name } });
  const bomb = (what: string): FinanceDbError =>
    refused(what, 'if that is what you expect, unpack it yourself and give the files');
  if (zip.entryCount > MOST_FILES) throw bomb(`holds ${zip.entryCount} files, and at most ${MOST_FILES} are unpacked`);
  const entries: Entry[] = [];
  try {
    for await (const entry of zip.eachEntry()) entries.push(entry);
  } catch (error) {
    throw damaged(name, error);
  }
  const has = (pattern: RegExp): boolean => entries.some(({ fileName }) => pattern.test(fileName));
  if (has(/^xl\//)) throw refused('is an Excel workbook (.xlsx)', 'open it and save it as CSV');
  if (has(/^mimetype$/) && has(/^content\.xml$/))
    throw refused('is a spreadsheet or document (.ods, .odt)', 'open it and save it as CSV');
  if (has(/^Index\/.*\.iwa$/)) throw refused('is a spreadsheet (.numbers)', 'open it and export it as CSV');
  const files = entries.filter(({ fileName }) => !/\/$|(^|\/)(__MACOSX\/|\.)/.test(fileName));
  if (files.length === 0) throw refused('holds no files', 'give an archive of statements');
  const unpacked = files.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0);
  if (unpacked > LARGEST || (unpacked > MODEST && unpacked > LARGEST_RATIO * bytes))
    throw bomb(`would unpack from ${bytes} to ${unpacked} bytes`);
  return files;
}

function damaged(name: string, error: unknown): FinanceDbError {
  return new FinanceDbError('BAD_INPUT', `${name} cannot be unpacked: ${messageOf(error)}`, {
    remedy: 'it is cut or damaged: download it again',
    details: { file: name },
    cause: error,
  });
}

function listed(names: readonly string[]): string {
  return `${names.slice(0, 5).join(', ')}${names.length > 5 ? ' …' : ''}`;
}

/** What is told as it is: our own errors, and a full disk. */
function isOurs(error: unknown): boolean {
  return isFinanceDbError(error) || codeOf(error) === 'ENOSPC' || codeOf(error) === 'EDQUOT';
}
