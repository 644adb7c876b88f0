import { type TObject, type TSchema, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { FinanceDbError } from '../../errors/financeDbError.ts';
import { nearestName } from '../../model/nearestName.ts';

/** One of a few words: checked and described by the same schema. */
export function oneOf<T extends string>(words: readonly T[], description: string): TSchema {
  return Type.Union(
    words.map((word) => Type.Literal(word)),
    { description },
  );
}

/** `?income`, `?income=true`, `?income=0`. */
export function switchParam(description: string): TSchema {
  return Type.Boolean({ description });
}

/** The parameters of an address: none is needed, and none is known beside these. */
export function optional(properties: Readonly<Record<string, TSchema>>): TObject {
  const each = Object.entries(properties).map(([name, schema]) => [name, Type.Optional(schema)] as const);
  return Type.Object(Object.fromEntries(each), { additionalProperties: false });
}

export type Values = Readonly<Record<string, unknown>>;

/**
 * Reads the parameters of an address by a schema: text, whole numbers, switches, and lists of texts, which may come
 * several times. An empty value counts as left out, as forms send them, but where the schema allows the empty text.
 * @throws FinanceDbError USAGE for a name that is none, one that comes twice, and a value that is none
 */
export function readParams(schema: TObject, query: URLSearchParams): Values {
  const found: Record<string, unknown> = {};
  for (const name of new Set(query.keys())) {
    const property = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
    if (property === undefined) throw unknownParameter(name, Object.keys(schema.properties));
    const all = query.getAll(name);
    const values =
      property['x-empty'] === true || property.type === 'boolean' ? all : all.filter((text) => text !== '');
    if (values.length === 0) continue;
    if (property.type === 'array') found[name] = values;
    else if (values.length > 1) throw usage(`${name} is given ${values.length} times`, 'give it once');
    else found[name] = convert(property, values[0] ?? '');
  }
  return checked(schema, found);
}

/** Checks a document that was sent. @throws FinanceDbError USAGE naming the member */
export function readBody(schema: TObject, body: unknown): Values {
  return checked(schema, body);
}

function checked(schema: TObject, found: unknown): Values {
  const [error] = Value.Errors(schema, found);
  if (error === undefined) return found as Values;
  const where = error.path.replace(/^\//, '').replaceAll('/', '.');
  const { schema: expected } = error;
  const choices = (expected.anyOf as { const?: unknown }[] | undefined)?.map((choice) => String(choice.const));
  const what = choices === undefined ? lowerFirst(error.message) : `expected ${choices.join(', ')}`;
  const value = error.value === undefined ? '' : `, found ${JSON.stringify(error.value)?.slice(0, 80)}`;
  throw usage(`${where === '' ? 'the document' : where}: ${what}${value}`);
}

function convert(property: TSchema, text: string): unknown {
  if (property.type === 'boolean') {
    if (['', '1', 'true', 'yes', 'on'].includes(text.toLowerCase())) return true;
    return ['0', 'false', 'no', 'off'].includes(text.toLowerCase()) ? false : text;
  }
  if (property.type === 'integer' && /^\d{1,15}$/.test(text)) return Number(text);
  return text;
}

function unknownParameter(name: string, known: readonly string[]): FinanceDbError {
  const meant = nearestName(name, known);
  const question = meant === null ? '' : `; did you mean ${meant}?`;
  return new FinanceDbError('USAGE', `there is no parameter ${JSON.stringify(name.slice(0, 80))}${question}`, {
    remedy: known.length === 0 ? 'leave it out' : `the parameters are ${known.join(', ')}`,
    details: { parameter: name.slice(0, 80), nearest: meant },
  });
}

function usage(message: string, remedy = 'see docs/api.md, or openapi.json'): FinanceDbError {
  return new FinanceDbError('USAGE', message, { remedy });
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
