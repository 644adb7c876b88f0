import { Type } from '@sinclair/typebox';
import { oneOf, optional } from './params.ts';

/** How decimals are written. */
export const NUMBERS_PARAM = {
  numbers: oneOf(
    ['number', 'string'],
    'decimals as exact numerals (default), or as strings for programs that have only doubles',
  ),
};

export const NOTHING = optional({});

/** RFC 9457, with the code and remedy of the command line. */
export const PROBLEM = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String(),
    remedy: Type.String(),
    details: Type.Optional(Type.Object({}, { additionalProperties: true })),
  },
  { $id: 'Problem', description: 'what went wrong: a code for programs, and what to do next' },
);

/** The file that an answer was made from. */
export const SNAPSHOT = Type.Object(
  {
    id: Type.String({ description: 'names this very file' }),
    source: Type.Union([Type.String(), Type.Null()], { description: "PostgreSQL's snapshot of the newest sync" }),
    sample: Type.Boolean(),
    sample_tables: Type.Array(Type.Object({}, { additionalProperties: true })),
    synced_at: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
    proof: Type.Union([
      Type.Object({ outcome: Type.String(), how: Type.String(), validated_at: Type.String({ format: 'date-time' }) }),
      Type.Null(),
    ]),
  },
  { $id: 'Snapshot', description: 'the file that the answer was made from, and its proof' },
);
