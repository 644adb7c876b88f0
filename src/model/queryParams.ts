import { FinanceDbError } from '../errors/financeDbError.ts';

/** A `--param`: the value of `$name`. */
export interface QueryParam {
  readonly name: string;
  /** A type the value is cast to (`name:date=…`); null to let the place where it stands and its form decide. */
  readonly type: string | null;
  readonly value: string;
}

const PARAM = /^([A-Za-z_]\w*)(?::([^=]+))?=([\s\S]*)$/;
/** A type's name with its numbers, and brackets for lists: nothing that could be other SQL. */
const TYPE = /^[A-Za-z_][\w ]*(?:\(\s*\d+\s*(?:,\s*\d+\s*)?\))?(?:\[\d*\])*$/;

/**
 * Reads `name=value` and `name:type=value`; everything after the first `=` is the value, as it stands.
 * @throws FinanceDbError USAGE when the form is wrong or a name comes twice.
 */
export function parseQueryParams(texts: readonly string[]): QueryParam[] {
  const params = texts.map((text): QueryParam => {
    const match = PARAM.exec(text);
    const type = match?.[2]?.trim() ?? null;
    if (match === null || (type !== null && !TYPE.test(type)))
      throw new FinanceDbError(
        'USAGE',
        `--param: expected name=value or name:type=value, found ${JSON.stringify(text)}`,
        {
          remedy: 'for example --param since=2024-01-01 or --param id:varchar=007, and $since or $id in the SQL',
        },
      );
    return { name: match[1] ?? '', type, value: match[3] ?? '' };
  });
  const twice = params.find((param, index) => params.findIndex((other) => other.name === param.name) !== index);
  if (twice !== undefined) throw new FinanceDbError('USAGE', `--param: ${twice.name} is given twice`);
  return params;
}

/** The form that a value has by itself. */
export type LiteralForm = 'integer' | 'decimal' | 'float' | 'boolean' | 'date' | 'timestamp' | 'text';

const FORMS: readonly [LiteralForm, RegExp][] = [
  // No leading zeros: 007 is an identifier of something, not seven.
  ['integer', /^-?(?:0|[1-9]\d{0,37})$/],
  ['decimal', /^-?(?:0|[1-9]\d*)\.\d+$/],
  ['float', /^-?\d+(?:\.\d+)?[eE][+-]?\d+$/],
  ['boolean', /^(?:true|false)$/i],
  ['date', /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/],
  ['timestamp', /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?$/],
];

/** Recognises numbers, booleans, dates and timestamps; everything else is text. */
export function literalForm(value: string): LiteralForm {
  const form = FORMS.find(([, pattern]) => pattern.test(value))?.[0] ?? 'text';
  // DuckDB's decimals hold 38 digits.
  return form === 'decimal' && value.replace(/\D/g, '').length > 38 ? 'text' : form;
}
