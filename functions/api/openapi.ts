import { z } from 'zod';

import { problem } from '#shared/contracts/api/problem.ts';
import type { RouteContract } from '#shared/contracts/api/route-contract.ts';
import { errorCatalogue, type ErrorCode } from '#shared/errors/catalogue.ts';

/** Codes that every route with a role may answer. */
const shellErrors: readonly ErrorCode[] = [
  'http.invalid-request',
  'http.unauthenticated',
  'http.forbidden',
  'core.internal',
];

/**
 * The OpenAPI document of the routes.
 *
 * @source OpenAPI 3.1.0; schemas are JSON Schema 2020-12, made from the contracts
 */
export function openApiDocument(routes: readonly RouteContract[]): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = `/api/${route.path}`;
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Whence',
      version: '1',
      description: 'New data becomes a served model; every model can say whence it came.',
    },
    paths,
    components: {
      securitySchemes: {
        entra: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'Entra access token of the configured issuer and audience, with an app role.',
        },
      },
      schemas: { Problem: toSchema(problem) },
    },
  };
}

function operation(route: RouteContract): Record<string, unknown> {
  return {
    operationId: route.name,
    summary: route.summary,
    ...(route.roles === 'none' ? {} : { security: [{ entra: [...route.roles] }] }),
    parameters: [
      ...parameters(route.params, 'path'),
      ...parameters(route.query, 'query'),
      ...(route.idempotent === true
        ? [{ name: 'Idempotency-Key', in: 'header', required: true, schema: { type: 'string', maxLength: 200 } }]
        : []),
    ],
    ...(route.body === undefined ? {} : { requestBody: { required: true, content: requestContent(route.body) } }),
    responses: { [String(route.status)]: response(route), ...failures(route) },
  };
}

function parameters(schema: z.ZodObject | undefined, where: 'path' | 'query'): object[] {
  if (schema === undefined) return [];
  const json = toSchema(schema) as { properties?: Record<string, object>; required?: string[] };
  return Object.entries(json.properties ?? {}).map(([name, property]) => ({
    name,
    in: where,
    required: where === 'path' || (json.required?.includes(name) === true && !('default' in property)),
    schema: property,
  }));
}

function requestContent(body: NonNullable<RouteContract['body']>): object {
  return body === 'octets'
    ? { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } }
    : { 'application/json': { schema: toSchema(body, 'input') } };
}

function response(route: RouteContract): object {
  return {
    description: route.summary,
    content: {
      'application/json': { schema: toSchema(route.response) },
      ...(route.stream === true ? { 'text/event-stream': { schema: { type: 'string' } } } : {}),
    },
  };
}

function failures(route: RouteContract): Record<string, object> {
  const codes = [...(route.roles === 'none' ? [] : shellErrors), ...route.errors];
  const byStatus: Record<string, ErrorCode[]> = {};
  for (const code of codes) (byStatus[String(errorCatalogue[code].status)] ??= []).push(code);
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, some]) => [
      status,
      {
        description: some.map((code) => `\`${code}\`: ${errorCatalogue[code].summary}`).join('\n\n'),
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  );
}

function toSchema(schema: z.ZodType, io: 'input' | 'output' = 'output'): object {
  const { $schema: _dialect, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return json;
}
