import { azureMlErrors } from './codes/azure-ml.ts';
import { coreErrors } from './codes/core.ts';
import { dataContractErrors } from './codes/data-contract.ts';
import { dataWindowErrors } from './codes/data-window.ts';
import { httpErrors } from './codes/http.ts';
import { pipelineErrors } from './codes/pipeline.ts';
import { runErrors } from './codes/run.ts';
import { serviceBusErrors } from './codes/service-bus.ts';
import { storageErrors } from './codes/storage.ts';
import type { ErrorEntry } from './error-entry.ts';

/** Every coded error of Whence, by code. The keys are stable: they are API. */
export const errorCatalogue = {
  ...coreErrors,
  ...dataWindowErrors,
  ...dataContractErrors,
  ...pipelineErrors,
  ...azureMlErrors,
  ...serviceBusErrors,
  ...storageErrors,
  ...httpErrors,
  ...runErrors,
} as const satisfies Record<string, ErrorEntry>;

/** A code that the catalogue knows. */
export type ErrorCode = keyof typeof errorCatalogue;
