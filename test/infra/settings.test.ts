/** App settings of the template, of the app and of its docs are one list. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { hostSettings, settings, type Setting } from '#shared/config/settings.ts';

import { infraFolder } from '../../scripts/infra/bicep.ts';
import { appSettings } from '../../scripts/infra/rules/function-app.ts';
import { Template } from '../../scripts/infra/template.ts';

test.each(['dev', 'test', 'prod', 'minimal'])('the function app of %s gets every setting, and no other', (stage) => {
  const template = new Template(readFileSync(join(infraFolder, `${stage}.snapshot.json`), 'utf8'));
  const [site] = template.of('Web/sites');
  if (site === undefined) throw new Error('no function app');
  const all: readonly (readonly [string, Setting])[] = Object.entries(settings);
  // The host reads its storage in parts on Azure.
  const own = all.filter(([name, { localOnly }]) => localOnly !== true && name !== 'AzureWebJobsStorage');
  const wanted = [...own.map(([name]) => name), ...Object.keys(hostSettings)];
  expect(Object.keys(appSettings(site, template)).toSorted()).toEqual(wanted.toSorted());
});
