/** The port's contract, kept by the fake and by the app's client over the stand-in. */
import { endpointIdentity } from '#shared/domain/stage-profile/endpoint-identity.ts';
import type { ArmBody } from '#shared/ports/ml-platform.ts';

import { mlPlatformSuite, type MlPlatformSubject } from '../contracts/ml-platform.suite.ts';
import { FakeMlPlatform } from '../support/fake-ml-platform.ts';
import { LaptopLab } from './laptop-lab.ts';
import { scoringServer } from './scoring-server.ts';

const IDENTITY = '/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/own';

mlPlatformSuite('the fake', async () => fakeSubject());
mlPlatformSuite('the client over the stand-in', standInSubject);

function commandOf(body: ArmBody): string {
  return String((body['properties'] as Record<string, unknown>)['command']);
}

function jobWith(command: string, owner: string, environmentId: string): ArmBody {
  const outputs = { out: { jobOutputType: 'uri_folder', uri: 'azureml://datastores/store/paths/out/' } };
  return { properties: { jobType: 'Command', command, environmentId, outputs, tags: { 'whence.owner': owner } } };
}

function endpointWith(owner: string): ArmBody {
  return {
    location: 'local',
    identity: endpointIdentity(IDENTITY),
    tags: { 'whence.owner': owner },
    properties: { authMode: 'AADToken', traffic: {} },
  };
}

function fakeSubject(): MlPlatformSubject {
  const platform = new FakeMlPlatform({
    nextState: ({ body }) => {
      const command = commandOf(body);
      if (command.startsWith('sleep')) return 'running';
      return command === 'true' ? 'completed' : 'failed';
    },
    refusal: (body) => (commandOf(body).includes('${{') ? 'The command names an input that is not there.' : undefined),
    sickness: ({ body }) => (body['sick'] === true ? 'It ended before it was ready.' : undefined),
  });
  return {
    platform,
    job: async (command, owner) => jobWith(command, owner, 'none'),
    impossibleJob: async () => jobWith('echo ${{inputs.nobody}}', 'me', 'none'),
    endpoint: endpointWith,
    deployment: async (name, health) => ({ sick: health === 'sick', tags: { 'whence.owner': name }, properties: {} }),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function standInSubject(): Promise<MlPlatformSubject> {
  const lab = await LaptopLab.open({ pageSize: 2 });
  return {
    platform: lab.platform(),
    job: async (command, owner) => jobWith(command, owner, await lab.environment()),
    impossibleJob: async () => jobWith('echo ${{inputs.nobody}}', 'me', await lab.environment()),
    endpoint: endpointWith,
    deployment: async (name, health) => ({
      ...(await scoringServer(lab, name, { BRIEF: '1', ...(health === 'sick' ? { BROKEN: '1' } : {}) })),
      tags: { 'whence.owner': name },
    }),
    [Symbol.asyncDispose]: () => lab[Symbol.asyncDispose](),
  };
}
