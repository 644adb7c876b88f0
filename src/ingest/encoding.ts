import { isUtf8 } from 'node:buffer';
import { analyse } from 'chardet';
import { FinanceDbError } from '../errors/financeDbError.ts';

/** The encodings that a bank file may have. Latin-1 is read as Windows-1252, which has all its letters and the euro sign. */
export const ENCODINGS = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252', 'windows-1250', 'cp850'] as const;
export type Encoding = (typeof ENCODINGS)[number];

const ALIASES: Readonly<Record<string, Encoding>> = {
  utf8: 'utf-8',
  usascii: 'utf-8',
  ascii: 'utf-8',
  unicode: 'utf-16le',
  utf16: 'utf-16le',
  utf16le: 'utf-16le',
  utf16be: 'utf-16be',
  '1252': 'windows-1252',
  cp1252: 'windows-1252',
  windows1252: 'windows-1252',
  iso88591: 'windows-1252',
  latin1: 'windows-1252',
  ansi: 'windows-1252',
  '1250': 'windows-1250',
  cp1250: 'windows-1250',
  windows1250: 'windows-1250',
  '850': 'cp850',
  cp850: 'cp850',
  ibm850: 'cp850',
};

/** The encoding of that name, however it is spelt (`ISO-8859-1`, `latin1`, `CP1252`), or null. */
export function encodingNamed(name: string): Encoding | null {
  return ALIASES[name.toLowerCase().replace(/[^a-z0-9]/g, '')] ?? null;
}

/**
 * The encoding that `--encoding` or a profile asks for.
 * @throws FinanceDbError USAGE naming those that there are
 */
export function requireEncoding(name: string): Encoding {
  const encoding = encodingNamed(name);
  if (encoding === null)
    throw new FinanceDbError('USAGE', `unknown encoding ${JSON.stringify(name)}`, {
      remedy: `the encodings are ${ENCODINGS.join(', ')} (and latin1, which is read as windows-1252)`,
    });
  return encoding;
}

export interface EncodingGuess {
  readonly encoding: Encoding;
  /** `statistics`: the bytes allow several, and the frequency of letters decided. */
  readonly by: 'bom' | 'zero bytes' | 'utf-8' | 'declaration' | 'statistics';
}

/** Only bytes around those above 0x7f say something about the encoding: this many of them are kept. */
const SAMPLE_BYTES = 1 << 16;
const NEIGHBOURS = 24;
const HEAD_BYTES = 4096;

/** Finds the encoding of a file from all its bytes, in bounded memory. */
export class EncodingDetector {
  private head: Buffer = Buffer.alloc(0);
  private sample: Buffer = Buffer.alloc(0);
  private recent: Buffer = Buffer.alloc(0);
  /** Bytes of the next chunk that still belong to the sample. */
  private owed = 0;
  private utf8 = true;
  private rest: Buffer = Buffer.alloc(0);

  /** Takes the next bytes of the file. */
  push(bytes: Uint8Array): void {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (this.head.length < HEAD_BYTES)
      this.head = Buffer.concat([this.head, chunk.subarray(0, HEAD_BYTES - this.head.length)]);
    // Nothing of the statistics is needed as long as all is UTF-8.
    let unclear: Buffer = chunk;
    if (this.utf8) {
      const joined = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
      const whole = wholeCharacters(joined);
      this.utf8 = isUtf8(joined.subarray(0, whole));
      this.rest = Buffer.from(joined.subarray(whole));
      unclear = joined;
    }
    if (!this.utf8 && this.sample.length < SAMPLE_BYTES) this.takeSample(unclear);
  }

  /** The answer, once all bytes were pushed. */
  result(): EncodingGuess {
    const { head } = this;
    if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return { encoding: 'utf-8', by: 'bom' };
    if (head[0] === 0xff && head[1] === 0xfe) return { encoding: 'utf-16le', by: 'bom' };
    if (head[0] === 0xfe && head[1] === 0xff) return { encoding: 'utf-16be', by: 'bom' };
    const wide = zeroBytes(head);
    if (wide !== null) return { encoding: wide, by: 'zero bytes' };
    // Text that is UTF-8 by chance does not exist: what the header declares is only asked where this fails.
    if (this.utf8 && this.rest.length === 0) return { encoding: 'utf-8', by: 'utf-8' };
    const declared = declaredEncoding(head.toString('latin1'));
    if (declared !== null && declared !== 'utf-8' && !declared.startsWith('utf-16'))
      return { encoding: declared, by: 'declaration' };
    return { encoding: this.byStatistics(), by: 'statistics' };
  }

  /** Western or central European, as chardet has it; in doubt Western, which is by far the more frequent. */
  private byStatistics(): Encoding {
    for (const { name } of analyse(this.sample.length > 0 ? this.sample : this.rest)) {
      if (name === 'windows-1250' || name === 'ISO-8859-2') return 'windows-1250';
      if (name === 'windows-1252' || name === 'ISO-8859-1') return 'windows-1252';
    }
    return 'windows-1252';
  }

  private takeSample(chunk: Buffer): void {
    // Letters are judged by their neighbours: some bytes before and after each one above 0x7f, also of other chunks.
    const before = this.recent.length;
    const bytes = Buffer.concat([this.recent, chunk]);
    const parts: Buffer[] = [this.sample];
    let taken = before + this.owed;
    if (this.owed > 0) parts.push(bytes.subarray(before, taken));
    for (let at = before; at < bytes.length; at++) {
      if ((bytes[at] ?? 0) < 0x80) continue;
      const end = at + NEIGHBOURS;
      parts.push(bytes.subarray(Math.max(taken, at - NEIGHBOURS), end));
      taken = Math.max(taken, end);
      at = end - 1;
    }
    this.owed = Math.max(0, taken - bytes.length);
    this.recent = Buffer.from(bytes.subarray(-NEIGHBOURS));
    if (parts.length > 1) this.sample = Buffer.concat(parts).subarray(0, SAMPLE_BYTES);
  }
}

/** What the header of an XML or OFX file says about its encoding, or null. */
export function declaredEncoding(head: string): Encoding | null {
  const xml = /<\?xml[^>]*\sencoding\s*=\s*["']([\w.-]+)["']/i.exec(head);
  if (xml !== null) return encodingNamed(xml[1] ?? '');
  const charset = /^\s*CHARSET\s*:\s*([\w-]+)/im.exec(head)?.[1];
  const encoding = /^\s*ENCODING\s*:\s*([\w-]+)/im.exec(head)?.[1];
  if (encoding === undefined && charset === undefined) return null;
  return encodingNamed(charset ?? '') ?? encodingNamed(encoding ?? '');
}

/** UTF-16 without a mark: of text, nearly every second byte is zero. */
function zeroBytes(head: Buffer): Encoding | null {
  let [even, odd] = [0, 0];
  for (let at = 0; at < head.length; at++) if (head[at] === 0) at % 2 === 0 ? even++ : odd++;
  const half = head.length / 2;
  if (odd > half * 0.6 && even < half * 0.1) return 'utf-16le';
  if (even > half * 0.6 && odd < half * 0.1) return 'utf-16be';
  return null;
}

/** How many bytes hold whole characters of UTF-8: all but the begun last one. */
export function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) break;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return length > back ? bytes.length - back : bytes.length;
    }
  }
  return bytes.length;
}
