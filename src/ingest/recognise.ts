import { FinanceDbError } from '../errors/financeDbError.ts';
import type { StatementFormat } from './statement.ts';

/** What a file is, by its content: a statement in a format, an archive of files, or something that is no statement. */
export type FileKind =
  | { readonly kind: 'statement'; readonly format: StatementFormat }
  | { readonly kind: 'zip' }
  | { readonly kind: 'refused'; readonly what: string; readonly remedy: string };

/** How many bytes of the beginning `recogniseBytes` looks at, and of the text `recogniseText`. */
export const HEAD_LENGTH = 1 << 16;

const DOWNLOAD_AGAIN = 'log in at the bank and download the statement again';

/**
 * What the first bytes alone tell: files that are no text. Null: it is text, decode it and ask `recogniseText`.
 * @param head the first HEAD_LENGTH bytes, or all
 */
export function recogniseBytes(head: Uint8Array): FileKind | null {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  const begins = (...codes: number[]): boolean => codes.every((code, at) => bytes[at] === code);
  if (bytes.length === 0) return refused('it is empty', 'download it again');
  if (begins(0x50, 0x4b, 0x03, 0x04) || begins(0x50, 0x4b, 0x05, 0x06)) {
    // Names of a zip's files stand uncompressed before each.
    if (bytes.includes('xl/') && bytes.includes('[Content_Types].xml'))
      return refused('it is an Excel workbook (.xlsx)', 'open it and save it as CSV');
    if (bytes.includes('opendocument.spreadsheet'))
      return refused('it is a spreadsheet (.ods)', 'open it and save it as CSV');
    return { kind: 'zip' };
  }
  if (begins(0xd0, 0xcf, 0x11, 0xe0))
    return refused('it is an old Excel workbook (.xls)', 'open it and save it as CSV');
  if (bytes.subarray(0, 1024).includes('%PDF-'))
    return refused('it is a PDF', 'download the statement as CAMT, OFX, MT940 or CSV instead');
  if (begins(0x1f, 0x8b)) return refused('it is compressed with gzip', 'unpack it with `gunzip` first');
  if (begins(0xff, 0xfe, 0, 0) || begins(0, 0, 0xfe, 0xff))
    return refused('it is UTF-32 text', 'convert it with `iconv -f UTF-32 -t UTF-8`');
  const text = begins(0xff, 0xfe) || begins(0xfe, 0xff);
  if (!text && isDamagedText(bytes))
    return refused(
      `NUL bytes stand in its text, the first on line ${lineOf(bytes, bytes.indexOf(0))}: it was damaged on its way`,
      'download it again; if the bank writes them, take them out with `tr -d "\\000"`',
    );
  if (!text && looksBinary(bytes))
    return refused('it is binary data and no text', 'give the file that the bank calls CSV, OFX, CAMT or MT940');
  return null;
}

/**
 * What decoded text is. Any other text counts as CSV: its reader says what is missing.
 * @param head the first HEAD_LENGTH characters, or all
 */
export function recogniseText(head: string): FileKind {
  const text = head.replace(/^[\ufeff\s\u0000]+/, '');
  if (text === '') return refused('it holds nothing but white space', 'download it again');
  const format = markedFormat(text);
  if (format !== null) return { kind: 'statement', format };
  if (/^(<!--[\s\S]*?-->\s*)*(<!doctype\s+html|<html|<head|<body|<table|<meta|<script|<div)/i.test(text))
    return html(text);
  if (/^<\?xml|^<!--|^<!doctype\s|^<[a-z][\w:.-]*[\s>/]/i.test(text))
    return refused(
      `it is XML of another kind (${JSON.stringify(rootElement(text))})`,
      'the kinds that are read are CAMT.052, .053 and .054, and OFX 2',
    );
  if (/^[{[]\s*["{[\]}]/.test(text)) return json(text);
  return { kind: 'statement', format: 'csv' };
}

function markedFormat(text: string): StatementFormat | null {
  if (/^OFXHEADER\s*:/i.test(text) || /<OFX[\s>]/i.test(text.slice(0, 4096)) || /^<\?OFX/im.test(text.slice(0, 4096)))
    return 'ofx';
  if (/^!(type|account|option|clear)\b/im.test(text.slice(0, 4096)) && /^!/.test(text)) return 'qif';
  if (
    text.startsWith('<') &&
    /camt\.05[234]\.|<(\w+:)?(BkToCstmrStmt|BkToCstmrAcctRpt|BkToCstmrDbtCdtNtfctn)[\s>]/.test(text)
  )
    return 'camt';
  // {1:…}{2:…}{4: is an envelope of SWIFT; some banks put lines of their own before the first tag; fragments have any tag first.
  if (/^\{1:F01/.test(text) || /^:(20|21|25P?|28C?|34F|60[FM]|61|62[FM]|64|86):/m.test(text.slice(0, 4096)))
    return 'mt940';
  return null;
}

function html(text: string): FileKind {
  if (/type\s*=\s*["']?password|log[ -]?[io]n|sign[ -]?in|anmeld|session/i.test(text))
    return refused('it is a web page, by its words a login page or an expired session', DOWNLOAD_AGAIN);
  if (/<table/i.test(text))
    return refused(
      'it is a web page with a table, saved under another name',
      'open it in a spreadsheet program and save it as CSV',
    );
  return refused('it is a web page', DOWNLOAD_AGAIN);
}

/** The bank's own words are worth more than ours. */
function json(text: string): FileKind {
  const said =
    /"(?:message|error_description|detail|title|error|fault|description)"\s*:\s*"((?:[^"\\]|\\.){1,200})"/i.exec(
      text,
    )?.[1];
  return said === undefined
    ? refused('it is JSON and no statement', 'download the statement as CAMT, OFX, MT940 or CSV')
    : refused(`it is an error that the bank sent instead of a statement: ${JSON.stringify(said)}`, DOWNLOAD_AGAIN);
}

/** What may stand before the root of XML: declarations, comments, a document type with definitions of its own. */
const PROLOGUE = /<\?[\s\S]*?\?>|<!--[\s\S]*?-->|<!doctype[^>[]*(?:\[[\s\S]*?\]\s*)?>/gi;

function rootElement(text: string): string {
  return /<([a-z_][\w:.-]*)/i.exec(text.replace(PROLOGUE, ''))?.[1] ?? '?';
}

/** Text that begins well, and has NUL bytes in it or behind it: a download or a disk that failed. */
function isDamagedText(bytes: Buffer): boolean {
  const first = bytes.indexOf(0);
  if (first < 20) return false;
  const begin = bytes.subarray(0, first);
  return !looksBinary(begin) && !looksBinary(Buffer.from(bytes.filter((byte) => byte !== 0)));
}

function lineOf(bytes: Buffer, position: number): number {
  let line = 1;
  for (let at = bytes.indexOf(0x0a); at >= 0 && at < position; at = bytes.indexOf(0x0a, at + 1)) line++;
  return line;
}

/** Control characters that no text has. Zero bytes may be UTF-16: then every second byte is one. */
function looksBinary(bytes: Buffer): boolean {
  let [even, odd, control] = [0, 0, 0];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === 0) at % 2 === 0 ? even++ : odd++;
    else if (byte < 0x20 && (byte < 0x09 || byte > 0x0d) && byte !== 0x1a && byte !== 0x1b) control++;
  }
  const zeros = even + odd;
  const wide = zeros > bytes.length * 0.3 && Math.min(even, odd) < bytes.length * 0.05;
  return control > bytes.length * 0.01 || (zeros > 0 && !wide);
}

function refused(what: string, remedy: string): FileKind {
  return { kind: 'refused', what, remedy };
}

/** The failure to show for a file that is no statement. */
export function notAStatement(file: string, found: Extract<FileKind, { kind: 'refused' }>): FinanceDbError {
  return new FinanceDbError('BAD_INPUT', `${file}: ${found.what}`, { details: { file }, remedy: found.remedy });
}
