import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { codeOf, FinanceDbError } from '../../errors/financeDbError.ts';
import { type CsvGuess, CsvGuesser } from '../../ingest/csv/guess.ts';
import { matchProfile } from '../../ingest/csv/matchProfile.ts';
import { OWN_PROFILE } from '../../ingest/csv/ownProfile.ts';
import { type CsvProfile, headerName } from '../../ingest/csv/profile.ts';
import { type Encoding, EncodingDetector, requireEncoding } from '../../ingest/encoding.ts';
import { QifSurvey } from '../../ingest/qif/qifSurvey.ts';
import type { QifStyle } from '../../ingest/qif/qifValues.ts';
import { HEAD_LENGTH, notAStatement, recogniseBytes, recogniseText } from '../../ingest/recognise.ts';
import type { StatementEvent, StatementFormat, StatementReader } from '../../ingest/statement.ts';
import { TextDecoding } from '../../ingest/textDecoding.ts';
import { doubtfulLayout, doubtfulOrder } from './doubtful.ts';
import type { InputFile } from './inputFile.ts';
import { namedProfile, readProfiles } from './profiles.ts';
import type { ImportRequest } from './request.ts';
import { decodedText, readBytes } from './text.ts';

/** A file whose format, encoding and layout are known, and whose events can be read. */
export interface OpenedStatements {
  readonly name: string;
  readonly format: StatementFormat;
  /** Whose texts and ids these are: the format, with the profile or the columns for CSV. */
  readonly source: string;
  /** SHA-256 of the bytes, in hexadecimal. */
  readonly fileHash: string;
  /** What an account that the file does not name is called. */
  readonly namelessAccount: string;
  /** How much of it was read by `events` so far, from 0 to 1. */
  fractionRead(): number;
  /** Reads it once. */
  events(): AsyncGenerator<Iterable<StatementEvent>, void, undefined>;
}

type Wishes = Pick<
  ImportRequest,
  'config' | 'account' | 'format' | 'profile' | 'encoding' | 'dateOrder' | 'settings' | 'signal'
>;

/** What the first passes over a file told. */
interface Look {
  readonly input: InputFile;
  /** Size and time of the last change, before the first pass. */
  readonly state: string;
  readonly fileHash: string;
  readonly encoding: Encoding;
  /** The first bytes, or all, and their text. */
  readonly headBytes: Buffer;
  readonly head: string;
  readonly format: StatementFormat;
}

/**
 * Finds out what a file is, in passes of bounded memory: its bytes (hash, encoding), where the format needs it its whole text (the
 * layout of a CSV file, the order of the dates of QIF); `events` is the last pass.
 * @throws FinanceDbError BAD_INPUT for what is no statement; IMPORT_DOUBTFUL for what could be read in several ways; USAGE for a
 *   profile or encoding that does not exist
 */
export async function openStatements(input: InputFile, wishes: Wishes): Promise<OpenedStatements> {
  const look = await lookAt(input, wishes);
  if (look.format === 'csv') return openCsv(look, wishes);
  if (wishes.profile !== null)
    throw new FinanceDbError('USAGE', `--profile is for CSV files, and ${input.name} is ${look.format.toUpperCase()}`, {
      remedy: 'leave --profile out',
    });
  if (look.format === 'qif') {
    const style = await qifStyle(look, wishes);
    const { createQifReader } = await import('../../ingest/qif/qifReader.ts');
    return opened(look, wishes, 'qif', 'qif', () => createQifReader({ file: input.name, style }));
  }
  const create = await readerOf(look.format);
  return opened(look, wishes, look.format, look.format, () => create({ file: input.name }));
}

/**
 * The guess at a CSV file, for `--learn`.
 * @throws FinanceDbError BAD_INPUT when it is no CSV file
 */
export async function guessCsv(input: InputFile, wishes: Wishes): Promise<CsvGuess> {
  const look = await lookAt(input, wishes);
  if (look.format !== 'csv')
    throw new FinanceDbError('BAD_INPUT', `${input.name} is ${look.format.toUpperCase()}, which needs no profile`, {
      remedy: `\`finance-db import ${input.name}\` reads it as it is`,
    });
  return guess(look, wishes);
}

async function lookAt(input: InputFile, wishes: Wishes): Promise<Look> {
  const state = await fileState(input);
  const hash = createHash('sha256');
  const detector = new EncodingDetector();
  let head: Buffer = Buffer.alloc(0);
  let first = true;
  for await (const bytes of readBytes(input, wishes.signal)) {
    hash.update(bytes);
    detector.push(bytes);
    if (head.length < HEAD_LENGTH) head = Buffer.concat([head, bytes.subarray(0, HEAD_LENGTH - head.length)]);
    // Told before gigabytes of it are read.
    if (first) refuseBytes(input.name, head);
    first = false;
  }
  if (first) refuseBytes(input.name, head);
  const encoding = wishes.encoding === null ? detector.result().encoding : requireEncoding(wishes.encoding);
  const text = await headText(input, encoding, head, wishes);
  return {
    input,
    state,
    fileHash: hash.digest('hex'),
    encoding,
    headBytes: head,
    head: text,
    format: wishes.format ?? formatOf(input.name, text),
  };
}

function refuseBytes(name: string, head: Buffer): void {
  const kind = recogniseBytes(head);
  if (kind?.kind === 'refused') throw notAStatement(name, kind);
}

function formatOf(name: string, head: string): StatementFormat {
  const kind = recogniseText(head);
  if (kind.kind === 'refused') throw notAStatement(name, kind);
  return kind.kind === 'statement' ? kind.format : 'csv';
}

/**
 * The first text. Bytes that are none in the encoding found may still be text in that of a profile: they are refused when the file
 * is read, and until then stand for themselves.
 */
async function headText(input: InputFile, encoding: Encoding, bytes: Buffer, wishes: Wishes): Promise<string> {
  let head = '';
  try {
    for await (const { text } of decodedText(input, encoding, wishes.signal)) {
      head += text;
      if (head.length >= HEAD_LENGTH) break;
    }
  } catch (error) {
    if (codeOf(error) !== 'BAD_INPUT' || wishes.encoding !== null) throw error;
    head = bytes.toString('latin1');
  }
  return head.slice(0, HEAD_LENGTH);
}

async function openCsv(look: Look, wishes: Wishes): Promise<OpenedStatements> {
  const { name } = look.input;
  const profile = await csvProfile(look, wishes);
  if (profile === OWN_PROFILE) {
    const { createOwnReader } = await import('../../ingest/csv/ownReader.ts');
    const { baseCurrency } = wishes.config;
    return opened(look, wishes, `csv:${profile.name}`, profile.name, () =>
      createOwnReader({ file: name, baseCurrency }),
    );
  }
  const { createCsvReader } = await import('../../ingest/csv/reader.ts');
  const encoding = wishes.encoding === null && profile.encoding !== null ? profile.encoding : look.encoding;
  const title = profile.name === '' ? columnsHash(profile) : profile.name;
  return opened({ ...look, encoding }, wishes, `csv:${title}`, profile.name === '' ? `csv-${title}` : title, () =>
    createCsvReader({ file: name, profile }),
  );
}

/** The profile that is named, that fits, or that the file itself proves. */
async function csvProfile(look: Look, wishes: Wishes): Promise<CsvProfile> {
  const { home } = wishes.config;
  if (wishes.profile !== null)
    return wishes.profile === OWN_PROFILE.name ? OWN_PROFILE : namedProfile(home, wishes.profile);
  const { name, bytes } = look.input;
  const headIn = (encoding: Encoding | null): string =>
    wishes.encoding === null && encoding !== null ? textIn(encoding, look) : look.head;
  const fitting = matchProfile(name, headIn, bytes <= look.headBytes.length, await readProfiles(home));
  if (fitting !== null) return fitting;
  const guessed = await guess(look, wishes);
  if (guessed.verdict === 'proven' && guessed.profile !== null) return guessed.profile;
  throw doubtfulLayout(look.input.name, guessed, wishes);
}

/** The first text as a profile of that encoding would have it; '' where it cannot be so. */
function textIn(encoding: Encoding, { input, headBytes, ...look }: Look): string {
  if (encoding === look.encoding) return look.head;
  try {
    return new TextDecoding(input.name, encoding).push(headBytes);
  } catch (error) {
    if (codeOf(error) === 'BAD_INPUT') return '';
    throw error;
  }
}

async function guess(look: Look, wishes: Wishes): Promise<CsvGuess> {
  const guesser = new CsvGuesser(look.input.name, wishes.dateOrder);
  for await (const { text, final } of decodedText(look.input, look.encoding, wishes.signal)) guesser.push(text, final);
  return guesser.result();
}

/** Two banks' files without a name for their account do not meet in one: the columns tell them apart. */
function columnsHash(profile: CsvProfile): string {
  const names = profile.match?.header.map(headerName).join('\n') ?? JSON.stringify(profile.columns);
  return createHash('sha256').update(names).digest('hex').slice(0, 6);
}

async function qifStyle(look: Look, wishes: Wishes): Promise<QifStyle> {
  const survey = new QifSurvey(look.input.name, wishes.dateOrder);
  for await (const { text, final } of decodedText(look.input, look.encoding, wishes.signal)) survey.push(text, final);
  const finding = survey.result();
  if (finding.kind === 'known') return finding.style;
  throw doubtfulOrder(look.input.name, finding);
}

async function readerOf(format: 'ofx' | 'camt' | 'mt940'): Promise<(options: { file: string }) => StatementReader> {
  if (format === 'ofx') return (await import('../../ingest/ofx/ofxReader.ts')).createOfxReader;
  if (format === 'camt') return (await import('../../ingest/camt/camtReader.ts')).createCamtReader;
  return (await import('../../ingest/mt940/mt940Reader.ts')).createMt940Reader;
}

function opened(
  look: Look,
  { signal }: Wishes,
  source: string,
  namelessAccount: string,
  createReader: () => StatementReader,
): OpenedStatements {
  const { input, state, fileHash, encoding, format } = look;
  let read = 0;
  return {
    name: input.name,
    format,
    source,
    fileHash,
    namelessAccount,
    fractionRead: () => read / Math.max(1, input.bytes),
    events: async function* () {
      const reader = createReader();
      for await (const { text, final, bytesRead } of decodedText(input, encoding, signal)) {
        read = bytesRead;
        yield reader.push(text, final);
      }
      if ((await fileState(input)) !== state) throw stillChanging(input.name);
    },
  };
}

/** Size and time of the last change; '' where there is no file any more, which reading it tells. */
async function fileState(input: InputFile): Promise<string> {
  const stat = await fs.promises.stat(input.path, { bigint: true }).catch(() => null);
  return stat === null ? '' : `${stat.size} ${stat.mtimeNs}`;
}

/** The passes over a file must have seen the same bytes. */
function stillChanging(file: string): FinanceDbError {
  return new FinanceDbError('FILE_UNREADABLE', `${file} was changed while it was read`, {
    remedy: 'import it again when it is complete; nothing of it was imported',
    details: { file, changing: true },
  });
}
