import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from 'vitest';

import { openApiDocument } from '#functions/api/openapi.ts';
import { routeContracts, servedRoutes } from '#functions/api/routes.ts';

const document = openApiDocument(routeContracts) as {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string }>>>>;
};

test('the document is OpenAPI 3.1', async () => {
  const { valid, errors } = await new Validator().validate(
    structuredClone(document) as unknown as Record<string, unknown>,
  );
  expect(errors).toBeUndefined();
  expect(valid).toBe(true);
  expect(document.openapi).toMatch(/^3\.1\./);
});

test('the document, the contracts and what is served are the same routes', () => {
  const documented = Object.values(document.paths).flatMap((path) =>
    Object.values(path).map(({ operationId }) => operationId),
  );
  expect(documented.toSorted()).toEqual(routeContracts.map(({ name }) => name).toSorted());
  expect(
    servedRoutes()
      .map(({ route }) => route.name)
      .toSorted(),
  ).toEqual(documented.toSorted());
});
