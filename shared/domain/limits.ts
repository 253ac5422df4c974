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
  /** What an endpoint answers to one scoring request, bytes: smoke tests and probes ask for a few rows. */
  scoringAnswerBytes: 1_000_000,
  /** Longest time between a message's take and its settlement in a handler, with lock renewal. @source host.json maxAutoLockRenewalDuration 5 min */
  messageHandlingMs: 240_000,
  /** How long an activity may run again after it already did its work. @source local-runtime.md 4.10: visibility timeout 5 min */
  activityRepeatMs: 300_000,
  /** A YAML file that a person wrote. */
  yamlBytes: 500_000,
  /** Values of a YAML document with its aliases resolved: aliases of aliases must not fill the memory. */
  yamlNodes: 20_000,
  /** Nesting of a YAML document. */
  yamlDepth: 50,
  /** Path of a file of a pipeline version, characters. @source blob names hold 1,024; the version's prefix needs its share */
  pipelinePathChars: 400,
  /** A raw git object that a publisher shows (commit or tree), bytes. */
  gitObjectBytes: 500_000,
  /** Git tree objects that a publisher shows. */
  gitTrees: 1_000,
  /** Input example of an MLflow model that is kept with the model version, bytes. */
  modelExampleBytes: 50_000,
  /** Gates of a pipeline. */
  gates: 50,
  /** `predictions.csv` of an evaluate job, bytes: it is read whole in the function. */
  predictionsBytes: 30_000_000,
  /** Rows of `predictions.csv`: 2,000 bootstrap draws over them take about two seconds a gate. */
  predictionsRows: 100_000,
  /** Values of all slice columns of one gate together: each is a line of its verdict. */
  gateSlices: 100,

  /** Bytes of a data version that validate reads inside the function app, after decompression. @source the 2 GB instance of the Flex plan, of which half is for DuckDB and the rest spills */
  inspectBytes: 2_000_000_000,
  /** Rows of a data version that validate reads inside the function app. */
  inspectRows: 50_000_000,
  /** Columns of a file that validate reads. */
  inspectColumns: 2_000,
  /** Memory of DuckDB during validate. @source half of the smallest sensible Flex instance, 2,048 MB */
  inspectMemoryMb: 1_024,
  /** Spill files of DuckDB during validate. @source the local disk of a Flex instance is small; kept below inspectBytes × 2 */
  inspectSpillMb: 4_096,
  /** Longest validate. @source host.json functionTimeout 30 min, less the time to store the result */
  inspectMs: 1_200_000,
  /** Sampled rows of a finding. */
  findingSamples: 5,
  /** Characters of a sampled value. */
  findingValueChars: 120,
  /** Findings of a data version; more are counted, not listed. */
  findings: 500,
} as const;
