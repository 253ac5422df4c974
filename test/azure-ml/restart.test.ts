/** kill -9 of the stand-in, and a new one over the same state: nothing is lost, nothing runs twice at once. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { LaptopLab, SOON } from './laptop-lab.ts';
import { scoringServer } from './scoring-server.ts';

let lab: LaptopLab;
let child: ChildProcess | undefined;

beforeEach(async () => {
  lab = await LaptopLab.open();
});
afterEach(async () => {
  await kill();
  // Ends what the killed one left running.
  await lab.start();
  await lab[Symbol.asyncDispose]();
});

/** Starts the stand-in in a process of its own, which the lab talks to from now on. */
async function startApart(): Promise<void> {
  await lab.stop();
  const { identity: _identity, sendEvent: _sendEvent, onProblem: _onProblem, ...options } = lab.optionsOf();
  const told = JSON.stringify({ ...options, eventsFile: join(lab.folder, 'events') });
  const script = fileURLToPath(new URL('./stand-in-process.ts', import.meta.url));
  const started = spawn(process.execPath, [script, told], { stdio: ['ignore', 'pipe', 'inherit'] });
  child = started;
  const [line] = (await once(createInterface({ input: started.stdout }), 'line')) as [string];
  lab.talkTo(line);
}

async function kill(): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/** Lines that the job wrote itself: one for each start, one for each end. */
function marks(): string[] {
  const file = join(lab.folder, 'marks');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
}

async function marking(): Promise<ReturnType<LaptopLab['job']>> {
  const [file, gate] = [join(lab.folder, 'marks'), join(lab.folder, 'gate')];
  return lab.job(
    `echo start >> ${file}; until [ -e ${gate} ]; do sleep 0.05; done; echo end >> ${file}; echo out > $\{{outputs.o}}/x`,
    { outputs: { o: { jobOutputType: 'uri_folder', uri: 'azureml://datastores/store/paths/o' } } },
  );
}

function open(): void {
  writeFileSync(join(lab.folder, 'gate'), '');
}

function events(): number {
  const file = join(lab.folder, 'events');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').length : 0;
}

describe('a job that runs when the stand-in is killed', () => {
  beforeEach(async () => {
    await startApart();
    await lab.put('/jobs/j', await marking());
    await expect.poll(() => marks(), SOON).toEqual(['start']);
  });

  it('is found again, and watched to its end', async () => {
    await kill();
    await startApart();
    expect(await lab.status('j')).toBe('Running');
    open();
    await expect.poll(() => lab.status('j'), SOON).toBe('Completed');
    expect(marks()).toEqual(['start', 'end']);
    expect(await lab.read('store', 'o/x')).toBe('out\n');
    await expect.poll(() => events(), SOON).toBe(1);
  });

  it('is finished if it ended meanwhile', async () => {
    await kill();
    open();
    await expect.poll(() => marks(), SOON).toEqual(['start', 'end']);
    await startApart();
    await expect.poll(() => lab.status('j'), SOON).toBe('Completed');
    expect(marks()).toEqual(['start', 'end']);
    expect(await lab.read('store', 'o/x')).toBe('out\n');
  });

  it('runs again from the start if its process is gone too', async () => {
    await kill();
    const file = join(lab.folder, 'azure-ml', 'jobs', 'j', 'process.json');
    const { pid } = JSON.parse(readFileSync(file, 'utf8')) as { pid: number };
    process.kill(-pid, 'SIGKILL');
    open();
    await startApart();
    await expect.poll(() => lab.status('j'), SOON).toBe('Completed');
    expect(marks()).toEqual(['start', 'start', 'end']);
  });

  it('can be canceled by the new one', async () => {
    await kill();
    await startApart();
    await lab.arm('POST', '/jobs/j/cancel');
    await expect.poll(() => lab.status('j'), SOON).toBe('Canceled');
    open();
    expect(marks()).toEqual(['start']);
  });

  it('runs again after a proper stop, which ends its process', async () => {
    await kill();
    await lab.start();
    expect(await lab.status('j')).toBe('Running');
    await lab.stop();
    open();
    await lab.start();
    await expect.poll(() => lab.status('j'), SOON).toBe('Completed');
    expect(marks()).toEqual(['start', 'start', 'end']);
  });
});

describe('an endpoint when the stand-in is killed', () => {
  it('answers at the same address again, by new processes, with the traffic that it had', async () => {
    await startApart();
    await lab.endpoint('strikes', 'Key');
    await lab.deploy('strikes', 'blue', await scoringServer(lab, 'blue'));
    await lab.traffic('strikes', { blue: 100 });
    const before = await lab.scoringUri('strikes');
    const key = String((await lab.arm('POST', '/onlineEndpoints/strikes/listKeys')).body['primaryKey']);
    const first = await lab.score('strikes', key);
    expect(first).toMatchObject({ status: 200, body: { name: 'blue' } });
    await kill();
    await startApart();
    await expect.poll(async () => (await lab.score('strikes', key)).status, SOON).toBe(200);
    const second = await lab.score('strikes', key);
    expect(await lab.scoringUri('strikes')).toBe(before);
    expect(second).toMatchObject({ body: { name: 'blue' }, deployment: 'blue' });
    expect(second.body['pid']).not.toBe(first.body['pid']);
    expect(() => process.kill(Number(first.body['pid']), 0)).toThrow(/ESRCH/);
  });
});
