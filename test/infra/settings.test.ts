/** App settings of the template, of the app and of its docs are one list. */

import { expect, test } from 'vitest';

import { stageProfile } from '#shared/contracts/stage-profile.ts';
import { hostSettings, settings, type Setting } from '#shared/config/settings.ts';

import { parameterFiles } from '../../scripts/infra/bicep.ts';
import { appSettings } from '../../scripts/infra/rules/function-app.ts';
import { templateOf } from './snapshots.ts';

/** App settings of the function app, as a parameter file has them. */
function settingsOf(file: string): Readonly<Record<string, string>> {
  const template = templateOf(file);
  const [site] = template.of('Web/sites');
  if (site === undefined) throw new Error('no function app');
  return appSettings(site, template);
}

test.each(['dev', 'test', 'prod', 'minimal'])('the function app of %s gets every setting, and no other', (stage) => {
  const all: readonly (readonly [string, Setting])[] = Object.entries(settings);
  // The host reads its storage in parts on Azure.
  const own = all.filter(([name, { localOnly }]) => localOnly !== true && name !== 'AzureWebJobsStorage');
  const wanted = [...own.map(([name]) => name), ...Object.keys(hostSettings)];
  expect(Object.keys(settingsOf(stage)).toSorted()).toEqual(wanted.toSorted());
});

test.each(parameterFiles)('the stage profile of %s is one that the app takes, with two sources of images', (file) => {
  const profile = stageProfile.parse(JSON.parse(String(evaluate(settingsOf(file)['WHENCE_STAGE_PROFILE'] ?? ''))));
  expect(profile.images).toEqual(['mcr.microsoft.com/', 'registry.azurecr.io/']);
  expect(profile.registries).toEqual(
    ['options', 'delivered'].includes(file) ? ['azureml', 'mlr-prod-kayr5'] : ['azureml'],
  );
  expect(profile.endpointIdentity).toMatch(/\/userAssignedIdentities\/id-endpoint-/);
  expect(profile.ciIssuers).toHaveLength(['options', 'delivered'].includes(file) ? 1 : 0);
  const { compute, pricePerNodeHour, accepts } = profile;
  expect({ compute, pricePerNodeHour, accepts }).toEqual(
    ['options', 'delivered'].includes(file)
      ? { compute: { small: 'cpu' }, pricePerNodeHour: { cpu: 0.27 }, accepts: ['verified'] }
      : { compute: {}, pricePerNodeHour: {}, accepts: ['verified', 'claimed'] },
  );
});

/** Value of an ARM expression; what only Azure knows is the host of the registry. */
function evaluate(expression: string): unknown {
  const tokens = expression.slice(1, -1).match(/'[^']*'|\w+|[(),.]/g) ?? [];
  const value = (): unknown => {
    const token = tokens.shift() ?? '';
    if (token.startsWith("'")) return token.slice(1, -1);
    const given: unknown[] = [];
    while (tokens[0] !== ')') {
      tokens.shift(); // a parenthesis or a comma
      if (tokens[0] !== ')') given.push(value());
    }
    tokens.shift();
    if (token === 'reference')
      return tokens.splice(0, 2).join('') === '.loginServer' ? 'registry.azurecr.io' : undefined;
    if (token === 'createArray') return given;
    if (token === 'createObject')
      return Object.fromEntries(given.flatMap((key, at) => (at % 2 === 0 ? [[String(key), given[at + 1]]] : [])));
    if (token === 'format') return String(given[0]).replace('{0}', String(given[1]));
    if (token === 'string') return JSON.stringify(given[0]);
    if (token === 'json') return JSON.parse(String(given[0])) as unknown;
    throw new Error(`no function ${token}`);
  };
  return value();
}
