/** A pipeline whose jobs take no time: what is tested is everything around them. */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What the jobs and the scoring server of a {@link makeTinyPipeline} do. */
export interface TinyPipeline {
  /** Also the folder of its data in the landing container. */
  readonly name: string;
  /** What the training job does. */
  readonly training?: 'ok' | 'fails' | 'waits';
  /** What kind of job the training is. */
  readonly trainingJob?: 'command' | 'sweep' | 'pipeline';
  /** The training saves an MLflow model with this `MLmodel`. */
  readonly mlmodel?: string;
  /** The training is this notebook, in the machine's Python. */
  readonly notebook?: string;
  /** Instead of the scoring request. */
  readonly smokeTest?: string;
  /** How the scoring server answers. */
  readonly serving?: 'ok' | 'fails';
  /** Pattern of its data below its folder. */
  readonly files?: string;
  readonly settle?: string;
  /** Instead of the contract. */
  readonly contract?: string;
  /** Published with a change that no commit holds. */
  readonly isDirty?: boolean;
}

/** A good file of `count` rows whose ids start at `first`. */
export function rows(first: number, count = 3): string {
  const lines = Array.from({ length: count }, (_, at) => `${first + at},${(first + at) % 100},fine`);
  return `id,value,note\n${lines.join('\n')}\n`;
}

/**
 * Writes the pipeline's folder and commits it in the git repository `root`, which is made where it is missing.
 *
 * @returns the folder
 */
export async function makeTinyPipeline(root: string, pipeline: TinyPipeline): Promise<string> {
  const folder = join(root, pipeline.name);
  for (const [path, text] of Object.entries(filesOf(pipeline))) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  await commitAll(root);
  return folder;
}

/** Commits everything in a folder, which becomes a git repository where it is none. */
export async function commitAll(root: string): Promise<void> {
  await git(root, 'init', '--quiet', '--initial-branch=main');
  await git(root, 'add', '--all');
  await git(root, 'commit', '--quiet', '--allow-empty', '--message', 'As it is');
}

function filesOf(pipeline: TinyPipeline): Record<string, string> {
  const {
    name,
    training = 'ok',
    trainingJob = 'command',
    serving = 'ok',
    files = '**/*.csv',
    settle = '2s',
    contract = CONTRACT,
    mlmodel,
    notebook,
    smokeTest = '{ "id": 1 }\n',
  } = pipeline;
  return {
    'pipeline.yaml': `name: ${name}
trigger:
  data: { container: landing, path: '${name}/${files}', select: all, settle: ${settle}, maxWait: 5m }
data: { contract: ./contract.yaml }
train: ${notebook === undefined ? './train.job.yml' : NOTEBOOK_STEP}
evaluate: ./evaluate.job.yml
gates:
  - { metric: rows, atLeast: 1 }
register: { model: ${name} }
deploy:
  endpoint: ./endpoint.yml
  deployment: ./deployment.yml
  smokeTest: ./smoke-test.json
`,
    'contract.yaml': contract,
    'environment.yml': ENVIRONMENT,
    'environment/Dockerfile': 'FROM node:24-slim\n',
    'train.job.yml': trainingJobs[trainingJob](training).replace(
      'model: { type: uri_folder }',
      `model: { type: ${mlmodel === undefined ? 'uri_folder' : 'mlflow_model'} }`,
    ),
    'fit.yml': FIT,
    'evaluate.job.yml': `type: command
code: ./src
command: >-
  node evaluate.mjs \${{inputs.data}} \${{inputs.candidate}} \${{inputs.champion}} \${{outputs.metrics}}
environment: file:./environment.yml
compute: azureml:cpu
inputs:
  data: { type: uri_folder, path: ./src }
  candidate: { type: uri_folder, path: ./src }
  champion: { type: uri_folder, path: ./src }
outputs:
  metrics: { type: uri_folder }
limits: { timeout: 300 }
`,
    'endpoint.yml': `name: ${name}\nauth_mode: aad_token\n`,
    'deployment.yml': `name: main
endpoint_name: ${name}
code_configuration: { code: ./src, scoring_script: server.mjs }
environment: file:./environment.yml
environment_variables: { SERVING: ${serving} }
instance_type: Standard_DS2_v2
instance_count: 1
`,
    ...(notebook === undefined ? {} : { 'nb/train.ipynb': notebook, 'nb/conda.yml': CONDA }),
    'smoke-test.json': smokeTest,
    ...(mlmodel === undefined ? {} : { 'src/MLmodel': mlmodel }),
    'src/train.mjs': TRAIN,
    'src/trial.mjs': TRIAL,
    'src/evaluate.mjs': EVALUATE,
    'src/server.mjs': SERVER,
  };
}

/** The training as a job of each kind. */
const trainingJobs = {
  command: (training: string) => `type: command
code: ./src
command: >-
  node train.mjs \${{inputs.data}} \${{inputs.training}} \${{outputs.model}}
environment: file:./environment.yml
compute: azureml:cpu
inputs:
  data: { type: uri_folder, path: ./src }
  training: ${training}
outputs:
  model: { type: uri_folder }
limits: { timeout: 300 }
`,
  sweep: (training: string) => `$schema: https://azuremlschemas.azureedge.net/latest/sweepJob.schema.json
type: sweep
trial:
  code: ./src
  command: >-
    node trial.mjs \${{search_space.depth}} &&
    node train.mjs \${{inputs.data}} \${{inputs.training}} \${{outputs.model}}
  environment: file:./environment.yml
compute: azureml:cpu
inputs:
  data: { type: uri_folder, path: ./src }
  training: ${training}
outputs:
  model: { type: uri_folder }
sampling_algorithm: grid
search_space:
  depth: { type: choice, values: [1, 2, 3] }
objective: { goal: maximize, primary_metric: score }
limits: { max_total_trials: 3, max_concurrent_trials: 2, timeout: 600 }
`,
  pipeline: (training: string) => `$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json
type: pipeline
settings: { default_compute: azureml:cpu }
inputs:
  data: { type: uri_folder, path: ./src }
  training: ${training}
outputs:
  model: { type: uri_folder }
jobs:
  copy:
    command: cp -r \${{inputs.data}}/. \${{outputs.copied}}
    environment: file:./environment.yml
    inputs: { data: '\${{parent.inputs.data}}' }
    outputs: { copied: }
  fit:
    component: ./fit.yml
    inputs: { data: '\${{parent.jobs.copy.outputs.copied}}', training: '\${{parent.inputs.training}}' }
    outputs: { model: '\${{parent.outputs.model}}' }
`,
} as const;

const NOTEBOOK_STEP = `
  notebook: ./nb/train.ipynb
  environment: { name: jupyter, image: 'mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04:20260101', conda_file: ./nb/conda.yml }
  compute: azureml:cpu
  parameters: { factor: 10 }`;

const CONDA = `dependencies: [python=3, nbclient, ipykernel]\n`;

const FIT = `$schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json
name: fit
type: command
code: ./src
command: node train.mjs \${{inputs.data}} \${{inputs.training}} \${{outputs.model}}
environment: file:./environment.yml
inputs:
  data: { type: uri_folder }
  training: { type: string, default: ok }
outputs:
  model: { type: uri_folder }
`;

const CONTRACT = `apiVersion: v3.0.2
kind: DataContract
id: tiny
version: 1.0.0
status: active
schema:
  - name: tiny
    logicalType: object
    properties:
      - { name: id, logicalType: integer, required: true, unique: true }
      - { name: value, logicalType: number, required: true, logicalTypeOptions: { minimum: 0, maximum: 1000 } }
      - { name: note, logicalType: string }
`;

const ENVIRONMENT = `name: whence-node
build: { path: ./environment }
inference_config:
  liveness_route: { port: 8080, path: / }
  readiness_route: { port: 8080, path: / }
  scoring_route: { port: 8080, path: /score }
`;

const TRAIN = `import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
const [data, training, model] = process.argv.slice(2);
const files = readdirSync(data, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
const rows = files.reduce((sum, file) => sum + readFileSync(join(file.parentPath, file.name), 'utf8').trim().split('\\n').length - 1, 0);
console.log(\`training on \${rows} rows of \${files.length} files\`);
console.log('TRACEPARENT=' + process.env.TRACEPARENT);
if (training === 'fails') throw new Error('the loss is not a number');
if (training === 'waits') await new Promise((resolve) => setTimeout(resolve, 240_000));
mkdirSync(model, { recursive: true });
writeFileSync(join(model, 'model.json'), JSON.stringify({ rows, files: files.length }));
if (existsSync('MLmodel')) copyFileSync('MLmodel', join(model, 'MLmodel'));
`;

/** Logs a metric as MLflow's clients do. */
const TRIAL = `const { MLFLOW_TRACKING_URI: uri, MLFLOW_TRACKING_TOKEN: token, MLFLOW_RUN_ID: run_id } = process.env;
const response = await fetch(uri + '/api/2.0/mlflow/runs/log-metric', {
  method: 'POST',
  headers: { authorization: 'Bearer ' + token },
  body: JSON.stringify({ run_id, key: 'score', value: Number(process.argv[2]), timestamp: Date.now() }),
});
if (!response.ok) throw new Error(await response.text());
`;

const EVALUATE = `import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
const [, candidate, , metrics] = process.argv.slice(2);
const { rows, files } = JSON.parse(readFileSync(join(candidate, 'model.json'), 'utf8'));
mkdirSync(metrics, { recursive: true });
writeFileSync(join(metrics, 'metrics.json'), JSON.stringify({ schemaVersion: 1, metrics: { rows, files } }));
`;

const SERVER = `import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
const model = JSON.parse(readFileSync(join(process.env.AZUREML_MODEL_DIR, 'model.json'), 'utf8'));
createServer((request, response) => {
  const isScore = request.url === '/score';
  request.resume().on('end', () => {
    response.writeHead(isScore && process.env.SERVING === 'fails' ? 500 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isScore ? model : { status: 'alive' }));
  });
}).listen(Number(process.env.PORT ?? 8080));
`;

/** Runs git with an identity of its own, whatever the machine's configuration says. */
async function git(root: string, ...args: readonly string[]): Promise<void> {
  await mkdir(root, { recursive: true });
  const identity = {
    GIT_AUTHOR_NAME: 'Test',
    GIT_AUTHOR_EMAIL: 'test@example.org',
    GIT_COMMITTER_NAME: 'Test',
    GIT_COMMITTER_EMAIL: 'test@example.org',
  };
  await run('git', [...args], {
    cwd: root,
    env: { ...process.env, ...identity, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
  });
}
