import { randomUUID } from 'node:crypto';

/** Fresh identifiers. */
export interface Ids {
  /** @returns a new random UUID, lower case */
  newId(): string;
}

/** Identifiers from the machine's random source. */
export const systemIds: Ids = { newId: () => randomUUID() };
