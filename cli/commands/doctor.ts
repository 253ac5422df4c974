import { Command } from 'commander';

import type { CheckStatus, Diagnosis } from '#shared/contracts/api/diagnosis.ts';
import { platformRoutes } from '#shared/contracts/api/platform-routes.ts';

import { exitCodes } from '../exit-codes.ts';
import { print, tellText } from '../output/print.ts';
import { tone, type Tone } from '../output/style.ts';
import { table } from '../output/table.ts';
import { findApi } from '../target.ts';
import { teach, wantsJson } from './command.ts';

const tones: Readonly<Record<CheckStatus, Tone>> = { ok: 'good', warning: 'warn', failed: 'bad' };

/** `whence doctor`. Ends with exit code 1 where something failed. */
export function doctorCommand(): Command {
  return teach(
    new Command('doctor').description(
      'check everything that the app stands on: identity, roles, private DNS, queues, Azure ML, quota. The app asks itself, so roles and network are those of runs',
    ),
    ['whence doctor', 'WHENCE_URL=https://func-whence.azurewebsites.net whence doctor --json'],
  ).action(async (_options: object, command: Command) => {
    if (process.stderr.isTTY) tellText('The app looks at everything that it stands on …');
    const diagnosis = await findApi().call(platformRoutes.diagnose, {});
    print({ json: wantsJson(command), value: diagnosis, text: page });
    if (diagnosis.status === 'failed') process.exitCode = exitCodes.fixable;
  });
}

function page({ stage, checks }: Diagnosis): string {
  const rows = checks.map(({ area, check, status, found }) => [tone(status, tones[status]), area, check, found]);
  const toDo = checks.flatMap(({ check, fix }) => (fix === undefined ? [] : [`${tone(check, 'strong')}\n  ${fix}`]));
  const failed = checks.filter(({ status }) => status === 'failed').length;
  const end =
    toDo.length === 0
      ? tone(`Everything is as it should be on ${stage}.`, 'good')
      : `${toDo.join('\n')}\n\n${tone(`${failed} failed, ${toDo.length - failed} to look at on ${stage}.`, failed === 0 ? 'warn' : 'bad')}`;
  return `${table(['', 'area', 'the app', 'found'], rows)}\n\n${end}`;
}
