import { readFile } from 'node:fs/promises';

import { Command } from 'commander';

import { platformRoutes, type EndpointDetails } from '#shared/contracts/api/platform-routes.ts';

import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { print } from '../output/print.ts';
import { tone } from '../output/style.ts';
import { table } from '../output/table.ts';
import { findApi } from '../target.ts';
import { teach, wantsJson } from './command.ts';

/** Statuses from here on say that there is no prediction. */
const FIRST_REFUSAL = 400;

/** `whence endpoint …` */
export function endpointCommand(): Command {
  return new Command('endpoint')
    .description('see and ask the endpoints that serve models')
    .addCommand(show())
    .addCommand(invoke());
}

function show(): Command {
  return teach(
    new Command('show')
      .description('show what an endpoint should serve and what it serves')
      .argument('[endpoint]', 'its name; all by default'),
    ['whence endpoint show', 'whence endpoint show birdstrikes-local'],
  ).action(async (name: string | undefined, _options: object, command: Command) => {
    const api = findApi();
    const endpoints =
      name === undefined
        ? (await api.call(platformRoutes.listEndpoints, {})).items
        : [await api.call(platformRoutes.showEndpoint, { params: { name } })];
    print({
      json: wantsJson(command),
      value: name === undefined ? endpoints : endpoints[0],
      text: (value) => [value ?? []].flat().map(endpointPage).join('\n\n') || 'No endpoints yet.',
    });
  });
}

function invoke(): Command {
  return teach(
    new Command('invoke')
      .description('send a scoring request; exits with 1 where the model answers with status 400 or above')
      .argument('<endpoint>', 'its name')
      .argument('<file>', 'JSON file with the request; - reads standard input'),
    [
      'whence endpoint invoke birdstrikes-local request.json',
      'echo \'{"rows":[]}\' | whence endpoint invoke birdstrikes-local -',
    ],
  )
    .option('--deployment <name>', 'ask this deployment, whatever the traffic says')
    .action(async (name: string, file: string, options: { deployment?: string }, command: Command) => {
      const input = parse(file, await readFile(file === '-' ? '/dev/stdin' : file, 'utf8'));
      const answer = await findApi().call(platformRoutes.invokeEndpoint, {
        params: { name },
        body: { input, ...options },
      });
      print({
        json: wantsJson(command),
        value: answer,
        text: ({ status, deployment, output, findings = [] }) =>
          `${tone(`${status} from ${deployment ?? name}`, status < FIRST_REFUSAL ? 'good' : 'bad')}\n${JSON.stringify(output, null, 2)}${findings.map((one) => `\n${one}`).join('')}`,
      });
      if (answer.status >= FIRST_REFUSAL) process.exitCode = exitCodes.fixable;
    });
}

function endpointPage(endpoint: EndpointDetails): string {
  const title = `${tone(endpoint.endpoint, 'strong')} serves ${endpoint.model === undefined ? 'nothing yet' : `${endpoint.model.name}:${endpoint.model.version}`} of pipeline ${endpoint.pipeline}`;
  if (endpoint.live === undefined) return title;
  const { deployments, traffic, scoringUri } = endpoint.live;
  const rows = deployments.map((one) => [one.name, `${traffic[one.name] ?? 0} %`, one.provisioning]);
  return `${title}\n${scoringUri ?? ''}\n${table(['DEPLOYMENT', 'TRAFFIC', 'STATE'], rows)}`;
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CliError(
      `${file} is not JSON: ${error instanceof Error ? error.message : String(error)}.`,
      'Give a file with one JSON value.',
    );
  }
}
