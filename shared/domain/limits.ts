/**
 * Every limit of Whence, with its unit in its name and its source beside it. Passing one is a coded error.
 */
export const limits = {
  /** A row's value as JSON. @source Azure Table entity 1 MiB; kept far below, so that 100 rows fit a 4 MiB transaction now and then */
  recordBytes: 200_000,
  /** Blobs a listing page. @source List Blobs, maxresults */
  listPageBlobs: 5_000,
  /** Payload in a durable message or a Service Bus message. @source design decision 12: the Azure Storage backend offloads from 45 KB */
  payloadBytes: 45_000,
  /** Blobs of one data version. */
  manifestBlobs: 100_000,
  /** Instance id. @source Durable Task Scheduler, 100 characters */
  instanceIdChars: 100,
  /** Pipeline name: joins instance ids, asset names and (shortened) endpoint names. */
  pipelineNameChars: 32,
  /** Online endpoint name. @source Azure ML, 3 to 32 characters */
  endpointNameChars: 32,
  /** Deployment name. @source Azure ML, 3 to 32 characters */
  deploymentNameChars: 32,
  /** Job and asset names. @source Azure ML, 255 characters */
  assetNameChars: 255,
  /** Files of a pipeline version. */
  pipelineFiles: 2_000,
  /** One file of a pipeline version. */
  pipelineFileBytes: 10_000_000,
  /** All files of a pipeline version. */
  pipelineBytes: 100_000_000,
  /** A JSON request body of the API. */
  requestBodyBytes: 1_000_000,
  /** Rows of a page of the API, at most. */
  apiPageRows: 200,
  /** One scoring request. @source Azure ML managed online endpoints, at most 180 s */
  scoringTimeoutMs: 60_000,
  /** Longest time between a message's take and its settlement in a handler, with lock renewal. @source host.json maxAutoLockRenewalDuration 5 min */
  messageHandlingMs: 240_000,
  /** How long an activity may run again after it already did its work. @source local-runtime.md 4.10: visibility timeout 5 min */
  activityRepeatMs: 300_000,
} as const;
