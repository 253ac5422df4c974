import type { BlobStore } from '#shared/ports/blob-store.ts';

import type { Check, DiagnosisDependencies } from './check.ts';

/** What the checks write: it stays, is always the same, and nothing reads it. */
const PROBE = 'doctor/probe';
/** Table of the same. */
const PROBE_TABLE = 'doctor';

/** Whether the app may do with its containers and records what runs do with them. */
export function storageChecks(deps: DiagnosisDependencies): readonly Check[] {
  const { config, data, state, mlBlobs, records } = deps;
  return [
    {
      area: 'storage',
      check: `lists the container ${config.WHENCE_LANDING_CONTAINER}`,
      fix: role('Storage Blob Data Reader', `the container ${config.WHENCE_LANDING_CONTAINER} of the data account`),
      ask: async () => {
        if (!(await data.hasContainer(config.WHENCE_LANDING_CONTAINER))) throw new Error('There is no such container.');
        const { blobs, next } = await data.list(config.WHENCE_LANDING_CONTAINER, '');
        return `${blobs.length}${next === undefined ? '' : '+'} blobs`;
      },
    },
    writes(state, config.WHENCE_STATE_CONTAINER, 'the data account'),
    writes(data, config.WHENCE_VERSIONS_CONTAINER, 'the data account'),
    writes(mlBlobs, config.WHENCE_CODE_CONTAINER, 'the Azure ML account'),
    reads(mlBlobs, config.WHENCE_ML_CONTAINER, 'outputs of jobs can be read'),
    reads(mlBlobs, config.WHENCE_ML_ARTIFACTS_CONTAINER, 'logs of jobs can be read'),
    {
      area: 'storage',
      check: 'reads and writes records',
      fix: role('Storage Table Data Contributor', 'the host account'),
      ask: async () => {
        await records.insert(PROBE_TABLE, { partition: PROBE_TABLE, row: PROBE_TABLE }, { schemaVersion: 1 });
        const stored = await records.get(PROBE_TABLE, { partition: PROBE_TABLE, row: PROBE_TABLE });
        if (stored === undefined) throw new Error('A record that was written cannot be read.');
        return 'a record was written and read';
      },
    },
  ];
}

function writes(store: BlobStore, container: string, account: string): Check {
  return {
    area: 'storage',
    check: `reads and adds to the container ${container}`,
    fix: role('Whence Blob Adder', `the container ${container} of ${account}`),
    ask: async () => {
      await store.putIfAbsent(container, PROBE, Buffer.from('whence doctor was here\n'), 'text/plain');
      if ((await store.head(container, PROBE)) === undefined) throw new Error('A blob that was written is not there.');
      return `wrote and found ${PROBE}`;
    },
  };
}

/** Containers of the Azure ML account that jobs write to. */
function reads(store: BlobStore, container: string, found: string): Check {
  return {
    area: 'storage',
    check: `reads the container ${container}`,
    fix: role('Storage Blob Data Reader', `the container ${container} of the Azure ML account`),
    ask: async () => {
      if (!(await store.hasContainer(container))) throw new Error('There is no such container.');
      await store.list(container, PROBE);
      return found;
    },
  };
}

function role(name: string, on: string): string {
  return `Give the app's identity the role ${name} on ${on} (a new role takes up to ten minutes), or deploy infra/main.bicep again. If it has it: does the network lead there?`;
}
