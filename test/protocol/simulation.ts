import type { OrchestrationContext } from 'durable-functions';

import { closeWindowActivity } from '#functions/activities/data-window/close-window.ts';
import { finishWindowActivity } from '#functions/activities/data-window/finish-window.ts';
import { createRequest } from '#functions/activities/data-window/pending.ts';
import type { ProtocolDependencies } from '#functions/activities/data-window/protocol-dependencies.ts';
import { admitBlob } from '#functions/activities/data-window/reject-blobs.ts';
import { sealWindowActivity } from '#functions/activities/data-window/seal-window.ts';
import { touch } from '#functions/activities/data-window/touch.ts';
import { dataWindow } from '#functions/orchestrations/data-window.ts';
import { findPipeline, requirePipeline } from '#functions/pipelines/pipeline-store.ts';
import { handleDataEvent } from '#functions/triggers/data-events.ts';
import { reconcilePipeline } from '#functions/triggers/reconcile.ts';
import type { WindowReference } from '#shared/contracts/activities/data-window/window-activities.ts';
import { pipelineTable, type PipelineRecord } from '#shared/contracts/records/pipeline.ts';
import { rejectionTable } from '#shared/contracts/records/rejection.ts';
import type { RequestKind } from '#shared/contracts/records/request.ts';
import { sha256 } from '#shared/domain/digest.ts';
import { isWhenceError } from '#shared/errors/whence-error.ts';

import { MemoryBlobStore } from '#test/support/memory-blob-store.ts';
import { MemoryRecordStore } from '#test/support/memory-record-store.ts';

import { silentTelemetry } from '#test/support/silent-telemetry.ts';

import { Engine, type Activity } from './engine.ts';
import { blobsFor, clientFor, Faults, recordsFor } from './faults.ts';
import { Landing, LANDING, type Written } from './landing.ts';
import { Oracle } from './oracle.ts';
import { Random } from './random.ts';
import { Actor, Scheduler } from './scheduler.ts';
import { runActivities, simulatedRun, type SimulatedRun } from './simulated-run.ts';

/** The pipeline of every schedule. */
export const PIPELINE = 'simulated';
const ACCOUNT = '/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/landing';
const SETTLE_MS = 6_000;
const MAX_WAIT_MS = 60_000;
/** How likely somebody who got no answer does not try again. */
const GIVING_UP = 0.3;
/** Pause of the reconciler. */
const RECONCILE_MS = 60_000;
const config = {
  WHENCE_LANDING_CONTAINER: LANDING,
  WHENCE_VERSIONS_CONTAINER: 'data-versions',
  WHENCE_STATE_CONTAINER: 'state',
  WHENCE_DATA_ACCOUNT_ID: ACCOUNT,
} as const;

/** One schedule: the app's own protocol code over faulty ports, an engine with bad habits, and a busy world. */
export class Simulation {
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly oracle: Oracle;
  readonly records: MemoryRecordStore;
  readonly state: MemoryBlobStore;
  readonly landing: Landing;
  readonly engine: Engine;
  /** Runs whose effect happened, by key. */
  readonly effects: string[] = [];
  readonly config = config;
  /** Requests that were answered 202. */
  readonly accepted = new Set<string>();
  readonly #callers = new Set<Actor>();
  #calls = 0;
  #quietTicks = 0;

  constructor(seed: number, onStep?: (line: string) => void) {
    this.random = new Random(seed);
    this.scheduler = new Scheduler(this.random, onStep);
    this.faults = new Faults(this.scheduler, this.random);
    this.oracle = new Oracle({
      settleMs: SETTLE_MS,
      maxWaitMs: MAX_WAIT_MS,
      nowMs: () => this.scheduler.nowMs(),
      isAlive: (token) => this.engine.isAlive(token),
    });
    this.records = new MemoryRecordStore((change) => this.oracle.saw(change));
    this.state = new MemoryBlobStore(this.scheduler);
    this.landing = new Landing(this.scheduler, this.random, (blob) => this.#deliver(blob, 1));
    const window =
      (work: (deps: ProtocolDependencies, about: WindowReference) => Promise<object>): Activity =>
      (actor, input) =>
        work(this.depsFor(actor), input as WindowReference);
    this.engine = new Engine(this.scheduler, this.random, {
      orchestrations: {
        dataWindow: (context) => dataWindow(context as unknown as OrchestrationContext),
        pipelineRun: simulatedRun,
      },
      activities: {
        closeWindow: window(closeWindowActivity),
        sealWindow: window(sealWindowActivity),
        finishWindow: window(finishWindowActivity),
        ...runActivities({
          depsFor: (actor) => this.depsFor(actor),
          owns: ({ runKey, token }) => this.oracle.owns(runKey, token),
          effect: (actor, run, ownedAtStart) => this.#effect(actor, run, ownedAtStart),
        }),
      },
      onDefect: (what) => this.oracle.broken(what),
    });
  }

  /** @returns the outside as one actor reaches it */
  depsFor(actor: Actor): ProtocolDependencies {
    return {
      records: recordsFor(actor, this.records, this.faults),
      data: blobsFor(actor, this.landing.store, this.faults),
      state: blobsFor(actor, this.state, this.faults),
      client: clientFor(actor, this.engine, this.faults),
      clock: this.scheduler,
      ids: { newId: () => `${actor.name}-${this.random.integer(0, 1e9)}` },
      config,
    };
  }

  /** Publishes the first version, without faults. */
  async publishFirst(): Promise<void> {
    await this.records.insert(pipelineTable.table, { partition: pipelineTable.partition, row: PIPELINE }, {
      ...this.#version('v1'),
      paused: false,
    } satisfies PipelineRecord);
  }

  /** One thing that somebody outside does. */
  disturb(): void {
    const { random, engine, scheduler } = this;
    const alive = engine.ids('alive');
    const ended = engine.ids('ended');
    const act = random.pick([
      ...Array.from({ length: 8 }, () => () => this.landing.write()),
      () => this.landing.churn(),
      () => this.landing.delete(),
      ...Array.from({ length: 4 }, () => () => {
        const requestId = `r${random.integer(1, 9)}`;
        this.#request('start', requestId);
        if (random.chance(0.4)) this.#request('start', requestId);
      }),
      () => this.#publish(random.pick(['v1', 'v2', 'v3'])),
      () => this.#admit(),
      () => this.#pause(true),
      () => this.#pause(false),
      () => {
        scheduler.note('the host crashes');
        engine.crash();
        for (const caller of this.#callers) caller.die();
      },
      () => {
        const id = alive.length > 0 ? random.pick(alive) : undefined;
        scheduler.note(`somebody terminates ${id ?? 'nothing'}`);
        if (id !== undefined) engine.terminate(id);
      },
      () => {
        const id = ended.length > 0 ? random.pick(ended) : undefined;
        scheduler.note(`somebody purges ${id ?? 'nothing'}`);
        if (id !== undefined) engine.purge(id);
      },
    ]);
    act();
  }

  /** Looks after the pipeline every minute until {@link isAtRest}. */
  keepReconciling(): void {
    this.scheduler.after(RECONCILE_MS, () => {
      this.#as('reconciler', async (deps) => {
        const { record } = await requirePipeline(deps.records, PIPELINE);
        const repairs = await reconcilePipeline(deps, record);
        const isIdle = repairs.touched === undefined && repairs.restarted.length === 0 && repairs.slot === undefined;
        const isAlone = this.#callers.size === 1 && !this.engine.isBusy && this.engine.ids('alive').length === 0;
        this.#quietTicks = isIdle && isAlone ? this.#quietTicks + 1 : 0;
      }).then(
        () => this.keepReconciling(),
        () => this.keepReconciling(),
      );
    });
  }

  /** No more faults; the pipeline is resumed and what is lost stays lost. */
  calm(): void {
    this.faults.areOn = false;
    this.engine.habits.areBad = false;
    this.#quietTicks = 0;
    this.#pause(false);
  }

  /** @returns whether, twice in a row, the reconciler found nothing to do and nothing else was under way */
  get isAtRest(): boolean {
    return this.#quietTicks >= 2;
  }

  /** Delivers a message until it is handled or dead-lettered. */
  #deliver(blob: Written, delivery: number): void {
    const again = (): void => {
      if (this.faults.areOn && this.random.chance(GIVING_UP)) return;
      this.scheduler.after(this.random.integer(0, 30_000), () => this.#deliver(blob, delivery + 1));
    };
    const message = {
      messageId: `${blob.etag}-${delivery}`,
      body: {
        specversion: '1.0',
        id: `${blob.etag}-${delivery}`,
        type: 'Microsoft.Storage.BlobCreated',
        source: ACCOUNT,
        subject: `/blobServices/default/containers/${LANDING}/blobs/${blob.path}`,
        time: new Date(this.scheduler.nowMs()).toISOString(),
        data: {
          api: 'PutBlob',
          eTag: `"${blob.etag}"`,
          contentLength: blob.content.length,
          blobType: 'BlockBlob',
          url: `https://landing.blob.core.windows.net/${LANDING}/${blob.path}`,
        },
      },
    };
    this.#as(
      `event ${blob.path}`,
      async (deps) => {
        const outcome = await handleDataEvent(
          {
            ...deps,
            config,
            telemetry: silentTelemetry,
            bus: {
              send: async (_queue, { body }) =>
                this.oracle.broken(`an event went to quarantine: ${JSON.stringify(body)}`),
              checkSending: async () => {},
              peek: async () => undefined,
              async close() {},
            },
          },
          message,
          (ms) => this.scheduler.sleep(ms),
        );
        blob.isAnnounced = true;
        this.scheduler.note(`the event about ${blob.path} ${blob.etag}: ${outcome}`);
      },
      again,
    ).catch(again);
  }

  /** Asks as the API does; without an answer the client asks again, with the same key, or gives up. */
  #request(
    kind: RequestKind,
    requestId: string,
    before: (deps: ProtocolDependencies) => Promise<void> = async () => {},
  ): void {
    const again = (): void => {
      if (this.random.chance(GIVING_UP)) return;
      this.scheduler.after(this.random.integer(0, 20_000), () => this.#request(kind, requestId, before));
    };
    this.#as(
      `${kind} ${requestId}`,
      async (deps) => {
        await before(deps);
        const { record } = await requirePipeline(deps.records, PIPELINE);
        const request = await createRequest(deps, PIPELINE, { requestId, kind, by: 'somebody', bodyDigest: kind });
        if (!('resolution' in request)) await touch(deps, record);
        this.accepted.add(requestId);
      },
      again,
    ).catch(again);
  }

  #publish(version: string): void {
    this.scheduler.note(`somebody publishes ${version}`);
    this.#request('publish', `publish-${version}-${this.scheduler.nowMs()}`, (deps) =>
      this.#changePipeline(deps, (now) => ({ ...this.#version(version), paused: now.paused })),
    );
  }

  #pause(paused: boolean): void {
    const again = (): void => this.scheduler.after(1_000, () => this.#pause(paused));
    this.#as(
      paused ? 'pause' : 'resume',
      // A pause that comes late must not undo the resume with which the calm begins.
      (deps) => this.#changePipeline(deps, (now) => ({ ...now, paused: paused && this.faults.areOn })),
      again,
    ).catch(again);
  }

  #admit(): void {
    this.#as('admit', async (deps) => {
      const { records } = await deps.records.query(rejectionTable, PIPELINE);
      const rejected = records.find((one) => one.value['state'] === 'rejected');
      if (rejected === undefined) return;
      await admitBlob(deps, PIPELINE, rejected.row, 'somebody');
      this.#request('admit', `admit-${rejected.row.slice(0, 8)}`);
    }).catch((error: unknown) => {
      if (!isWhenceError(error)) throw error;
    });
  }

  async #changePipeline(deps: ProtocolDependencies, change: (now: PipelineRecord) => PipelineRecord): Promise<void> {
    for (;;) {
      const found = await findPipeline(deps.records, PIPELINE);
      if (found === undefined) return;
      const key = { partition: pipelineTable.partition, row: PIPELINE };
      const outcome = await deps.records.replace(pipelineTable.table, key, change(found.record), found.etag);
      if (outcome.outcome === 'replaced') return;
    }
  }

  #version(name: string): PipelineRecord {
    return {
      schemaVersion: 1,
      name: PIPELINE,
      activeVersion: sha256(name),
      paused: false,
      trigger: { container: LANDING, path: 'in/**/*.csv', select: 'all', settleMs: SETTLE_MS, maxWaitMs: MAX_WAIT_MS },
      endpoint: PIPELINE,
      updatedAt: new Date(this.scheduler.nowMs()).toISOString(),
      updatedBy: 'somebody',
    };
  }

  /** Does something as a new actor. */
  async #as(
    name: string,
    work: (deps: ProtocolDependencies) => Promise<void>,
    onDeath: () => void = () => undefined,
  ): Promise<void> {
    this.#calls += 1;
    let died: (() => void) | undefined;
    const death = new Promise<void>((resolve) => {
      died = resolve;
    });
    const actor = new Actor(`${name}~${this.#calls}`, () => {
      onDeath();
      died?.();
    });
    this.#callers.add(actor);
    try {
      await Promise.race([work(this.depsFor(actor)), death]);
    } finally {
      this.#callers.delete(actor);
    }
  }

  /** Something that only the owner of a run may do. Whoever was not when it began must not come here. */
  async #effect(actor: Actor, run: SimulatedRun, ownedAtStart: boolean): Promise<void> {
    await this.faults.call(actor, `effect of ${run.runKey.slice(0, 8)}`, async () => {
      if (!ownedAtStart) this.oracle.broken('an execution that did not own its run had an effect');
      this.effects.push(run.runKey);
    });
  }
}
