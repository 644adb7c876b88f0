import type { TObject, TSchema } from '@sinclair/typebox';
import { VERSION } from '../../version.ts';
import type { ApiRoute } from './call.ts';
import { PROBLEM, SNAPSHOT } from './schemas.ts';

const ERRORS: Readonly<Record<number, string>> = {
  400: 'a parameter or document that means nothing',
  401: 'the token is missing or wrong',
  403: 'a request that a page of another site made, or SQL that does more than read',
  404: 'there is no such thing',
  405: 'another method is for this path: see Allow',
  408: 'the request did not come in time',
  409: 'something else is running',
  413: 'the request is too large',
  422: 'the result is too large',
  431: 'the address or the headers are too long',
  500: 'something went wrong in finance-db',
  503: 'too many questions at once, or no data yet: see Retry-After',
  504: 'the query took too long',
  507: 'there is no room on the disk for what the query has to put aside',
};

/** OpenAPI 3.1, from what parses the requests. */
export function openApiDocument(routes: readonly ApiRoute[], base: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = paths[route.path] ?? {};
    paths[route.path] = path;
    path[route.method] = operation(route);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'finance-db',
      version: VERSION,
      description:
        'Read-only reports over a DuckDB file that equals PostgreSQL. Every answer names the snapshot it was made from.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: `${base}/api/v1` }],
    security: [{}, { token: [] }],
    paths,
    components: {
      schemas: { Problem: plain(PROBLEM), Snapshot: plain(SNAPSHOT) },
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'the token that `serve` printed' } },
    },
  };
}

function operation(route: ApiRoute): Record<string, unknown> {
  const { method, path, summary, params, query, body, answer, stable } = route;
  return {
    operationId: `${method}${path.replace(/\W+(\w?)/g, (_, letter: string) => letter.toUpperCase())}`,
    summary,
    parameters: [
      ...(params === undefined ? [] : parameters(params, 'path')),
      ...(query === undefined ? [] : parameters(query, 'query')),
    ],
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: plain(body) } } } }),
    responses: {
      [answer.status]: {
        description: answer.about,
        content: { [answer.type]: answer.schema === undefined ? {} : { schema: plain(answer.schema) } },
      },
      ...(stable === true ? { 304: { description: 'nothing has changed since' } } : {}),
      ...Object.fromEntries(Object.entries(ERRORS).map(([status, description]) => [status, problem(description)])),
    },
  };
}

function problem(description: string): unknown {
  return { description, content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } };
}

function parameters(schema: TObject, where: 'path' | 'query'): unknown[] {
  return Object.entries(schema.properties).map(([name, property]) => {
    const { description, ...rest } = plain(property) as { description?: string };
    return {
      name,
      in: where,
      required: where === 'path' || schema.required?.includes(name) === true,
      ...(description === undefined ? {} : { description }),
      schema: rest,
      ...((rest as { type?: string }).type === 'array' ? { style: 'form', explode: true } : {}),
    };
  });
}

/** A schema as JSON Schema: without TypeBox's own marks. */
function plain(schema: TSchema): unknown {
  return JSON.parse(
    JSON.stringify(schema, (key, value: unknown) => (key === '$id' || key === 'x-empty' ? undefined : value)),
  );
}
