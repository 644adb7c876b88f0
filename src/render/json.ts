import { writeText } from './sink.ts';

/** A number given as text, so that no digit is lost on the way through a JavaScript number. */
export class JsonNumeral {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const NUMERAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/**
 * Marks decimal text as a JSON number: `jsonNumeral('12345678901234567.89')`. Null stays null, and text that JSON has
 * no numeral for (NaN, Infinity) stays text.
 */
export function jsonNumeral(text: string | null): JsonNumeral | string | null {
  return text !== null && NUMERAL.test(text) ? new JsonNumeral(text) : text;
}

/**
 * JSON text of plain data. Beyond JSON.stringify it takes bigint and JsonNumeral (all digits), NaN and infinities
 * (as the strings "NaN", "Infinity", "-Infinity": they are told apart from null, and nothing is lost). `undefined`
 * members are left out.
 * @param indent spaces per level; 0 for one line.
 */
export function jsonText(value: unknown, indent = 0): string {
  return write(value, indent, '\n');
}

function write(value: unknown, indent: number, newline: string): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return jsonString(value);
  if (typeof value === 'number') return Number.isFinite(value) ? numberText(value) : `"${value}"`;
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (value instanceof JsonNumeral) return value.text;
  if (Array.isArray(value))
    return group(
      '[',
      value.map((item) => write(item, indent, newline + ' '.repeat(indent))),
      ']',
      indent,
      newline,
    );
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function')
    return write((value as { toJSON: () => unknown }).toJSON(), indent, newline);
  const colon = indent > 0 ? ': ' : ':';
  const members = Object.entries(value as object)
    .filter(([, member]) => member !== undefined)
    .map(([key, member]) => jsonString(key) + colon + write(member, indent, newline + ' '.repeat(indent)));
  return group('{', members, '}', indent, newline);
}

/** -0 keeps its sign, which JSON has and JavaScript's text has not. */
function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function group(open: string, items: readonly string[], close: string, indent: number, newline: string): string {
  if (items.length === 0) return open + close;
  if (indent === 0) return open + items.join(',') + close;
  const inner = newline + ' '.repeat(indent);
  return open + inner + items.join(`,${inner}`) + newline + close;
}

/** Text as a JSON string; lone surrogates become escapes, so that the output is always valid UTF-8. */
export function jsonString(text: string): string {
  return NEEDS_ESCAPE.test(text) ? JSON.stringify(text) : `"${text}"`;
}

const NEEDS_ESCAPE = /["\\\u0000-\u001f\ud800-\udfff]/;

/** What `--json` of every command prints: one document, indented for people on a terminal and one line for programs. */
export async function writeJsonDocument(
  io: { readonly stdout: NodeJS.WritableStream & { isTTY?: boolean } },
  value: unknown,
): Promise<void> {
  await writeText(io.stdout, `${jsonText(value, io.stdout.isTTY ? 2 : 0)}\n`);
}
