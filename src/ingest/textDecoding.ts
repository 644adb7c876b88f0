import { isUtf8 } from 'node:buffer';
import { FinanceDbError } from '../errors/financeDbError.ts';
import { type Encoding, wholeCharacters } from './encoding.ts';

/**
 * The characters of the bytes 0x80 to 0xff; U+FFFD where the encoding has none. Tables of our own: some versions of Node read
 * Windows-1252 as Latin-1 (0x80 is no euro sign there), builds with few locales know no other, and none knows cp850.
 */
const UPPER_HALF: Readonly<Record<'windows-1252' | 'windows-1250' | 'cp850', string>> = {
  // biome-ignore format: four rows of 32
  'windows-1252':
    '€\ufffd‚ƒ„…†‡ˆ‰Š‹Œ\ufffdŽ\ufffd\ufffd‘’“”•–—˜™š›œ\ufffdžŸ' +
    '\u00a0¡¢£¤¥¦§¨©ª«¬\u00ad®¯°±²³´µ¶·¸¹º»¼½¾¿' +
    'ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞß' +
    'àáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ',
  // biome-ignore format: four rows of 32
  'windows-1250':
    '€\ufffd‚\ufffd„…†‡\ufffd‰Š‹ŚŤŽŹ\ufffd‘’“”•–—\ufffd™š›śťžź' +
    '\u00a0ˇ˘Ł¤Ą¦§¨©Ş«¬\u00ad®Ż°±˛ł´µ¶·¸ąş»Ľ˝ľż' +
    'ŔÁÂĂÄĹĆÇČÉĘËĚÍÎĎĐŃŇÓÔŐÖ×ŘŮÚŰÜÝŢß' +
    'ŕáâăäĺćçčéęëěíîďđńňóôőö÷řůúűüýţ˙',
  // biome-ignore format: four rows of 32
  cp850:
    'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒ' +
    'áíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐' +
    '└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀' +
    'ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0',
};

/** Bytes to text, in pieces of any size. */
export class TextDecoding {
  private rest: Buffer = Buffer.alloc(0);
  private line = 1;
  private started = false;
  private readonly file: string;
  private readonly encoding: Encoding;
  private readonly upper: string;

  /** @param file its name, for messages */
  constructor(file: string, encoding: Encoding) {
    this.file = file;
    this.encoding = encoding;
    this.upper = encoding.startsWith('utf') ? '' : UPPER_HALF[encoding as keyof typeof UPPER_HALF];
  }

  /**
   * The text of the next bytes, without a byte order mark.
   * @param final whether these were the last
   * @throws FinanceDbError BAD_INPUT naming the line when bytes mean nothing in this encoding
   */
  push(bytes: Uint8Array, final = false): string {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const joined = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const whole = final ? joined.length : this.wholeLength(joined);
    const text = this.decode(joined.subarray(0, whole));
    // A copy: the caller may use its buffer again.
    this.rest = Buffer.from(joined.subarray(whole));
    this.line += newlines(text);
    if (this.started || text === '') return text;
    this.started = true;
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  }

  private wholeLength(bytes: Buffer): number {
    if (this.encoding === 'utf-8') return wholeCharacters(bytes);
    if (this.upper !== '') return bytes.length;
    // A lead surrogate at the end waits for its other half.
    const even = bytes.length - (bytes.length % 2);
    const high = bytes[this.encoding === 'utf-16le' ? even - 1 : even - 2] ?? 0;
    return high >= 0xd8 && high <= 0xdb ? even - 2 : even;
  }

  private decode(bytes: Buffer): string {
    if (this.encoding === 'utf-8') {
      const text = bytes.toString('utf8');
      if (!isUtf8(bytes)) this.refuse(text);
      return text;
    }
    if (this.upper === '') return this.decodeUtf16(bytes);
    const text = bytes.toString('latin1');
    const decoded = text.replace(/[\x80-\xff]/g, (byte) => this.upper.charAt(byte.charCodeAt(0) - 0x80));
    if (decoded.includes('\ufffd')) this.refuse(decoded);
    return decoded;
  }

  private decodeUtf16(bytes: Buffer): string {
    const even = bytes.length - (bytes.length % 2);
    const units = this.encoding === 'utf-16le' ? bytes : Buffer.from(bytes.subarray(0, even)).swap16();
    const text = units.toString('utf16le');
    const lone = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.exec(text);
    if (lone !== null) this.refuse(`${text.slice(0, lone.index)}\ufffd`);
    if (even < bytes.length) this.refuse(`${text}\ufffd`);
    return text;
  }

  private refuse(text: string): never {
    const { file, encoding } = this;
    const line = this.line + newlines(text.slice(0, text.indexOf('\ufffd')));
    throw new FinanceDbError('BAD_INPUT', `${file}:${line}: bytes that are no ${encoding} text`, {
      details: { file, line, encoding },
      remedy: 'name the encoding with --encoding (such as windows-1252 or cp850), or download the file again',
    });
  }
}

/** Line ends in the text: LF, or CR where there is no LF. */
function newlines(text: string): number {
  const mark = text.includes('\n') ? '\n' : '\r';
  let count = 0;
  for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + 1)) count++;
  return count;
}
