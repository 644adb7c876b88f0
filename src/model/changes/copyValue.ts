import type { ColumnMapping } from '../typeMapping.ts';

/*
 * A value of the replication stream as COPY would have sent it, so that it takes the same path into DuckDB and meets the same
 * refusals. Texts are bytes, one character each: what is looked for here is ASCII, and everything else passes unseen.
 */

/** The text that COPY's query (`copyExpression`) gives for the text that the type's output function gives. */
export function asCopied({ family, postgresType }: ColumnMapping, text: string): string {
  if (family === 'interval') return intervalParts(text);
  if (family === 'list') return listAsJson(text, postgresType === 'box[]' ? ';' : ',');
  return text;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** Escapes a text as COPY's text format does. */
export function escapeCopyText(text: string): string {
  return /[\\\b\f\n\r\t\v]/.test(text) ? text.replace(/[\\\b\f\n\r\t\v]/g, (sign) => ESCAPES[sign] ?? sign) : text;
}

const MICROS_PER_SECOND = 1_000_000n;

/**
 * An interval in the style "postgres" as its months, days and microseconds; an infinite one stays what it is, and is refused.
 * Each field carries its own sign, and the one before the hours is that of the whole time.
 */
export function intervalParts(text: string): string {
  if (/infinity$/.test(text)) return text;
  let months = 0n;
  let days = 0n;
  for (const [, number = '0', unit] of text.matchAll(/([+-]?\d+) (year|mon|day)s?/g)) {
    if (unit === 'year') months += BigInt(number) * 12n;
    else if (unit === 'mon') months += BigInt(number);
    else days += BigInt(number);
  }
  const time = /([+-]?)(\d+):(\d\d):(\d\d)(?:\.(\d{1,6}))?$/.exec(text);
  const [, sign = '', hours = '0', minutes = '0', seconds = '0', fraction = ''] = time ?? [];
  const whole = (BigInt(hours) * 60n + BigInt(minutes)) * 60n + BigInt(seconds);
  const micros = whole * MICROS_PER_SECOND + BigInt(fraction.padEnd(6, '0'));
  return `${months} ${days} ${sign === '-' ? -micros : micros}`;
}

/** An array of one dimension from 1 on as a JSON array of texts; others stay what they are, and are refused. */
export function listAsJson(text: string, delimiter: string): string {
  if (text === '{}') return '[]';
  if (!text.startsWith('{') || text[1] === '{') return text;
  const elements: (string | null)[] = [];
  for (let at = 1; at < text.length; ) {
    let element = '';
    if (text[at] === '"') {
      for (at++; text[at] !== '"' && at < text.length; at++) {
        if (text[at] === '\\') at++;
        element += text[at] ?? '';
      }
      at++;
      elements.push(element);
    } else {
      const from = at;
      while (at < text.length && text[at] !== delimiter && text[at] !== '}') at += text[at] === '\\' ? 2 : 1;
      element = text.slice(from, at);
      elements.push(element === 'NULL' ? null : element.replace(/\\(.)/gs, '$1'));
    }
    // Behind the delimiter the next element begins; behind the brace there is nothing.
    at++;
  }
  return JSON.stringify(elements);
}
