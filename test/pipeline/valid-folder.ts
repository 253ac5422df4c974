/** A small pipeline folder without mistakes; tests change it. */

const environment = `$schema: https://azuremlschemas.azureedge.net/latest/environment.schema.json
name: whence-node
image: example.azurecr.io/node:24.1
inference_config:
  liveness_route: { port: 8080, path: / }
  readiness_route: { port: 8080, path: /ready }
  scoring_route: { port: 8080, path: /score }
`;

/** The files by path, as text. */
export const validFiles: Readonly<Record<string, string>> = {
  'pipeline.yaml': `# yaml-language-server: $schema=../../docs/schemas/pipeline.schema.json
name: wine
trigger:
  data:
    container: landing
    path: 'wine/**/*.csv'
    select: all
    settle: 30s
    maxWait: 15m
data:
  contract: ./contract.yaml
train: ./train.job.yml
evaluate: ./evaluate.job.yml
gates:
  - metric: auc
    atLeast: 0.7
register:
  model: wine
deploy:
  endpoint: ./endpoint.yml
  deployment: ./deployment.yml
  smokeTest: ./smoke-test.json
concurrency:
  whenBusy: queue
`,
  'contract.yaml': `apiVersion: v3.0.2
kind: DataContract
id: wine
version: 1.0.0
status: active
schema:
  - name: wine
    logicalType: object
    properties:
      - name: alcohol
        logicalType: number
        required: true
`,
  'environment.yml': environment,
  'train.job.yml': `$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
code: ./train
command: >-
  node train.mjs --data \${{inputs.data}} --lr \${{inputs.lr}}
  --model \${{outputs.model}}
environment: file:./environment.yml
compute: azureml:cpu
inputs:
  data:
    type: uri_folder
    path: ./sample
  lr: 5.0
outputs:
  model:
    type: custom_model
environment_variables:
  SEED: '7'
limits:
  timeout: 900
resources:
  instance_count: 1
tags:
  team: wine
`,
  'evaluate.job.yml': `$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
code: ./train
command: node evaluate.mjs \${{inputs.data}} \${{inputs.candidate}} \${{inputs.champion}} \${{outputs.metrics}}
environment: azureml:whence-node:3
inputs:
  data: { type: uri_folder, path: ./sample }
  candidate: { type: custom_model, path: ./sample }
  champion: { type: custom_model, path: ./sample }
outputs:
  metrics: { type: uri_folder }
`,
  'endpoint.yml': `$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineEndpoint.schema.json
name: wine-endpoint
auth_mode: aad_token
`,
  'deployment.yml': `$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineDeployment.schema.json
name: blue
endpoint_name: wine-endpoint
model: azureml:wine:1
code_configuration:
  code: ./score
  scoring_script: server.mjs
environment: file:./environment.yml
instance_type: Standard_DS3_v2
instance_count: 2
environment_variables:
  LOG: info
request_settings:
  request_timeout_ms: 5000
  max_concurrent_requests_per_instance: 4
liveness_probe:
  initial_delay: 10
  period: 10
`,
  'train/train.mjs': 'console.log("train");\n',
  'train/evaluate.mjs': 'console.log("evaluate");\n',
  'score/server.mjs': 'console.log("score");\n',
  'smoke-test.json': '{ "input_data": [] }\n',
  'README.md': '# Wine\n',
};

/**
 * @param changes - files that differ; `undefined` removes one
 * @returns the folder as bytes
 */
export function folderOf(changes: Readonly<Record<string, string | undefined>> = {}): Map<string, Uint8Array> {
  const encoder = new TextEncoder();
  const entries = Object.entries({ ...validFiles, ...changes });
  return new Map(
    entries.flatMap(([path, text]) => (text === undefined ? [] : [[path, encoder.encode(text)] as const])),
  );
}

/**
 * @param file - a file of the folder
 * @param from - text in it, exactly once
 * @param to - what stands in its place
 * @returns the folder with that change
 */
export function changed(file: string, from: string, to: string): Map<string, Uint8Array> {
  const text = validFiles[file] ?? '';
  if (text.split(from).length !== 2) throw new Error(`${JSON.stringify(from)} is not exactly once in ${file}`);
  return folderOf({ [file]: text.replace(from, () => to) });
}
