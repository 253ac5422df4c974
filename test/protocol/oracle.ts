import type { JudgedArrival } from '#shared/contracts/records/arrival.ts';
import { arrivalTable } from '#shared/contracts/records/arrival.ts';
import { claimTable, type ClaimRecord } from '#shared/contracts/records/claim.ts';
import { windowStates, windowTable, type DataWindow } from '#shared/contracts/records/data-window.ts';
import { manifestTable, type ManifestRecord } from '#shared/contracts/records/manifest.ts';
import { pipelineTable, type PipelineRecord } from '#shared/contracts/records/pipeline.ts';
import { rejectionTable, type RejectionRecord } from '#shared/contracts/records/rejection.ts';
import { requestTable, type OpenRequest, type ResolvedRequest } from '#shared/contracts/records/request.ts';
import { slotTable, type SlotRecord } from '#shared/contracts/records/slot.ts';
import { quietAtMs } from '#shared/domain/data-window/waiting.ts';

import type { RecordChange } from '#test/support/memory-record-store.ts';

/** Fields of a window's row that are pinned once. */
const PINNED = [
  'by',
  'openedAt',
  'closedAt',
  'arrivalSet',
  'manifestNumber',
  'manifestDigest',
  'pipelineVersion',
  'occasion',
  'runKey',
  'doneAt',
] as const satisfies (keyof DataWindow)[];

/** What the rules need to know of the world. */
export interface Facts {
  readonly settleMs: number;
  readonly maxWaitMs: number;
  nowMs(): number;
  /** Whether the execution that made a token has not ended. */
  isAlive(token: string): boolean;
}

/**
 * Watches every write of the records and says which rule of the protocol it breaks. It knows the rules (design §4) and
 * nothing of the code.
 */
export class Oracle {
  readonly violations: string[] = [];
  readonly windows = new Map<number, DataWindow>();
  readonly claims = new Map<string, ClaimRecord>();
  readonly #tokens = new Map<string, Set<string>>();
  #slot: SlotRecord = { schemaVersion: 1, hi: 0 };
  readonly #manifests = new Map<number, ManifestRecord>();
  /** Pipeline versions in the order in which they became active. */
  readonly #activations: string[] = [];
  /** Request → how many versions had become active when it was made. */
  readonly #asked = new Map<string, number>();
  readonly #facts: Facts;

  constructor(facts: Facts) {
    this.#facts = facts;
  }

  /** @param change - a write that just happened */
  saw({ table, key, before, after }: RecordChange): void {
    switch (table) {
      case windowTable:
        return this.#window(before as DataWindow | undefined, after as DataWindow | undefined);
      case claimTable.table:
        return this.#claim(key.row, before as ClaimRecord | undefined, after as ClaimRecord | undefined);
      case slotTable.table:
        return this.#slotChange(after as SlotRecord);
      case manifestTable:
        this.#manifests.set(Number(key.row), after as ManifestRecord);
        return this.#once('a manifest', before);
      case pipelineTable.table:
        if (before?.['activeVersion'] !== after?.['activeVersion'])
          this.#activations.push((after as PipelineRecord).activeVersion);
        return;
      case rejectionTable:
        return this.#rejection(before as RejectionRecord | undefined, after as RejectionRecord | undefined);
      case arrivalTable:
        if (key.row.startsWith('judged-')) this.#once('the outcome of an arrival', before);
        if (key.row.startsWith('judged-')) this.#judged(after as JudgedArrival);
        return;
      case requestTable:
        if (key.row.startsWith('resolved-')) this.#resolved(before, after as ResolvedRequest);
        else if (after !== undefined) this.#wasAsked(after as OpenRequest);
        return;
      default:
        return;
    }
  }

  /** @returns the slot's row as it is */
  get slot(): SlotRecord {
    return this.#slot;
  }

  /** @returns whether an execution owns a run at this moment */
  owns(runKey: string, token: string): boolean {
    const claim = this.claims.get(runKey);
    return claim?.state === 'running' && claim.token === token;
  }

  /** Something that must hold does not. */
  broken(rule: string): void {
    this.violations.push(rule);
  }

  #once(what: string, before: unknown): void {
    if (before !== undefined) this.broken(`${what} was changed`);
  }

  #judged({ outcome, generation, manifestNumber }: JudgedArrival): void {
    if (outcome === 'unmatched') return;
    const window = generation === undefined ? undefined : this.windows.get(generation);
    if (window?.manifestNumber !== manifestNumber)
      this.broken(`an arrival was judged by manifest ${manifestNumber}, its window pinned ${window?.manifestNumber}`);
  }

  #wasAsked({ requestId }: OpenRequest): void {
    if (!this.#asked.has(requestId)) this.#asked.set(requestId, this.#activations.length);
  }

  #resolved(before: unknown, { requestId, generation }: ResolvedRequest): void {
    this.#once('the resolution of a request', before);
    const atLeast = Math.max(0, (this.#asked.get(requestId) ?? 0) - 1);
    const { pipelineVersion = '' } = this.windows.get(generation) ?? {};
    if (!this.#activations.slice(atLeast).includes(pipelineVersion))
      this.broken(`request ${requestId} was answered by a version that was not active any more when it was made`);
  }

  #window(before: DataWindow | undefined, after: DataWindow | undefined): void {
    if (after === undefined) return this.broken('a data window was removed');
    this.windows.set(after.generation, after);
    if (before === undefined) {
      const open = [...this.windows.values()].filter(({ state }) => state === 'open');
      if (open.length > 1) this.broken('two data windows are open');
      return;
    }
    const name = `data window ${after.generation}`;
    if (windowStates.indexOf(after.state) < windowStates.indexOf(before.state))
      this.broken(`${name} went from ${before.state} back to ${after.state}`);
    for (const field of PINNED)
      if (before[field] !== undefined && before[field] !== after[field])
        this.broken(`${field} of ${name} was changed after it was pinned`);
    if (before.state !== 'open' && after.lastTouchAt !== before.lastTouchAt)
      this.broken(`${name} was touched after it had closed`);
    if (before.state === 'open' && after.state === 'closed') this.#closed(name, before);
    if (before.state === 'closed' && after.state === 'sealed') this.#sealed(name, after);
  }

  #sealed(name: string, { generation, manifestNumber = 0, manifestDigest }: DataWindow): void {
    if (this.#slot.owner !== generation)
      this.broken(`${name} was sealed while the slot belonged to ${this.#slot.owner ?? 'nobody'}`);
    if (this.#manifests.get(manifestNumber)?.digest !== manifestDigest)
      this.broken(`${name} pinned another digest than its manifest has`);
  }

  #closed(name: string, before: DataWindow): void {
    const nowMs = this.#facts.nowMs();
    const dueMs = quietAtMs({
      ...this.#facts,
      nowMs,
      openedMs: Date.parse(before.openedAt),
      lastTouchMs: Date.parse(before.lastTouchAt),
      youngestMs: undefined,
    });
    if (nowMs < dueMs) this.broken(`${name} closed ${dueMs - nowMs} ms before data was quiet`);
    if (this.#slot.owner !== before.generation) this.broken(`${name} closed without the slot`);
  }

  #claim(key: string, before: ClaimRecord | undefined, after: ClaimRecord | undefined): void {
    if (after === undefined) return this.broken('a claim was removed');
    this.claims.set(key, after);
    if (before !== undefined && before.generation !== after.generation)
      this.broken('a claim went to another generation');
    if (before?.state === 'ended') this.broken('an ended claim was changed');
    if (before?.state === 'running' && after.state === 'claimed') this.broken('a running claim went back');
    if (after.state === 'ended' && after.status === 'failed' && this.#facts.isAlive(after.token))
      this.broken('a run was ended as lost while its instance was alive');
    if (after.state !== 'claimed') {
      const tokens = this.#tokens.get(key) ?? new Set<string>();
      this.#tokens.set(key, tokens.add(after.token));
      if (tokens.size > 1) this.broken('a key was run twice');
    }
    const underWay = [...this.claims.values()].filter(({ state }) => state !== 'ended');
    if (underWay.length > 1) this.broken('two runs of a pipeline are under way');
  }

  #slotChange(after: SlotRecord): void {
    const before = this.#slot;
    this.#slot = after;
    if (after.hi < before.hi) this.broken('the slot forgot its highest generation');
    if (before.owner === after.owner) return;
    if (before.owner !== undefined && after.owner !== undefined) this.broken('the slot was handed over');
    if (after.owner !== undefined && after.owner <= before.hi) this.broken('an overtaken generation took the slot');
    if (before.owner !== undefined) this.#freed(before.owner);
  }

  #freed(generation: number): void {
    const window = this.windows.get(generation);
    const claim = window?.runKey === undefined ? undefined : this.claims.get(window.runKey);
    if (claim?.generation === generation ? claim.state !== 'ended' : window?.state !== 'done')
      this.broken(`the slot of data window ${generation} was freed while it was needed`);
  }

  #rejection(before: RejectionRecord | undefined, after: RejectionRecord | undefined): void {
    if (after === undefined) return this.broken('a rejection was removed');
    if (before?.state === 'admitted' && after.state === 'rejected') this.broken('admitted bytes were rejected again');
  }
}
