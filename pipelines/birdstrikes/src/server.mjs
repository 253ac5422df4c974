/**
 * The scoring server of a deployment: GET / (alive), GET /ready (model loaded), POST /score. It reads the model from
 * AZUREML_MODEL_DIR and listens on PORT, 8080 unless told otherwise, as environment.yml says to Azure ML.
 */
import { createServer } from 'node:http';

import { predict, readModel } from './model.mjs';
import { readRequest } from './request.mjs';

const DEFAULT_PORT = 8080;
const MOST_BYTES = 1_000_000;

const model = readModel(process.env.AZUREML_MODEL_DIR ?? '.');
const categories = model.encoder.categories.map(({ column }) => column);

const server = createServer((request, response) => {
  answer(request).then(
    ({ status, body }) => send(response, status, body),
    (error) => {
      console.error(error);
      send(response, 500, { error: 'The request could not be scored; the log says why.' });
    },
  );
});
server.listen(Number(process.env.PORT ?? DEFAULT_PORT), process.env.HOST ?? '0.0.0.0', () => {
  console.log(
    `Serving a model of ${model.training.rows} reports up to ${model.training.until} on port ${server.address().port}.`,
  );
});
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => server.close());

async function answer(request) {
  const { pathname } = new URL(request.url, 'http://server');
  if (pathname === '/' && request.method === 'GET') return { status: 200, body: { status: 'alive' } };
  if (pathname === '/ready' && request.method === 'GET')
    return { status: 200, body: { status: 'ready', training: model.training } };
  if (pathname !== '/score') return { status: 404, body: { error: `There is no ${pathname}; POST to /score.` } };
  if (request.method !== 'POST') return { status: 405, body: { error: 'Use POST.' } };
  return score(await readText(request));
}

function score(text) {
  if (text === undefined) return { status: 413, body: { error: `Send at most ${MOST_BYTES} bytes.` } };
  let body;
  try {
    body = JSON.parse(text);
  } catch (error) {
    return { status: 400, body: { error: `The body is not JSON: ${error.message}` } };
  }
  const read = readRequest(body, categories);
  if ('problem' in read) return { status: 400, body: { error: read.problem } };
  return { status: 200, body: { predictions: read.rows.map((row) => predict(model, row)) } };
}

/** @returns the body, or undefined if it is too long; the rest is read and dropped so that the answer arrives */
async function readText(request) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes <= MOST_BYTES) chunks.push(chunk);
  }
  return bytes <= MOST_BYTES ? Buffer.concat(chunks).toString('utf8') : undefined;
}

function send(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
