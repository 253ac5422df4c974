import type { LaptopLab } from './laptop-lab.ts';

/** A scoring server that tells who it is, and does as its request says. */
const SERVER = `import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
if (process.env.BROKEN) throw new Error('broken on purpose');
const model = readFileSync(process.env.AZUREML_MODEL_DIR + '/model.txt', 'utf8').trim();
let isSick = false;
createServer(async (request, response) => {
  if (request.url === '/alive') return response.writeHead(isSick ? 500 : 200).end();
  if (request.url === '/ready') return response.writeHead(200).end();
  let text = '';
  for await (const chunk of request) text += chunk;
  const asked = text === '' ? {} : JSON.parse(text);
  console.log('asked', text);
  if (asked.sick) isSick = true;
  if (asked.exit) process.exit(1);
  if (asked.sleepMs) await new Promise((resolve) => setTimeout(resolve, asked.sleepMs));
  response.writeHead(asked.status ?? 200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(process.env.BRIEF ? { name: process.env.NAME } : { name: process.env.NAME, model, pid: process.pid, path: request.url,
    sees: Object.keys(request.headers), env: Object.keys(process.env) }));
}).listen(Number(process.env.PORT), '127.0.0.1', () => console.log('listening', process.env.NAME));
process.on('SIGTERM', () => process.exit(0));
`;

/**
 * Registers a model and the server.
 *
 * @param name - told by the server
 * @returns body of a deployment
 */
export async function scoringServer(
  lab: LaptopLab,
  name: string,
  environmentVariables: Readonly<Record<string, string>> = {},
): Promise<{ readonly properties: Readonly<Record<string, unknown>>; readonly [key: string]: unknown }> {
  await lab.upload('store', { [`models/${name}/model.txt`]: `weights of ${name}\n` });
  await lab.put(`/models/${name}/versions/1`, {
    properties: { modelUri: `azureml://datastores/store/paths/models/${name}`, modelType: 'custom_model' },
  });
  const codeId = await lab.code('server', { 'server.mjs': SERVER });
  const environmentId = await lab.environment({
    livenessRoute: { port: 8080, path: '/alive' },
    readinessRoute: { port: 8080, path: '/ready' },
    scoringRoute: { port: 8080, path: '/predict' },
  });
  return {
    location: 'local',
    sku: { name: 'Default', capacity: 1 },
    properties: {
      endpointComputeType: 'Managed',
      model: `azureml:${name}:1`,
      environmentId,
      codeConfiguration: { codeId, scoringScript: 'server.mjs' },
      environmentVariables: { NAME: name, ...environmentVariables },
      requestSettings: { requestTimeout: 'PT2S' },
    },
  };
}
