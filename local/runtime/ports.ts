/**
 * Ports are chosen by the system, and asked for again at the next start: addresses that are stored (of code, outputs
 * and endpoints) then stay right.
 */
import { z } from 'zod';

import { readStateFile, writeStateFile } from './state-folder.ts';

/** What listens on a port of its own. */
export const portNames = ['app', 'blob', 'queue', 'table', 'frontDoor', 'serviceBus', 'azureMl', 'identity'] as const;
/** See {@link portNames}. */
export type PortName = (typeof portNames)[number];
/** Ports by name; those left out are chosen by the system. */
export type Ports = { readonly [Name in PortName]?: number };

const PORTS_FILE = 'ports.json';
const portsFile = z.partialRecord(z.enum(portNames), z.int().min(1).max(65_535));

/** Ports as the user gave them, then as they were, then as the system chooses. */
export class PortBook {
  readonly #folder: string;
  readonly #given: Ports;
  readonly #remembered: Partial<Record<PortName, number>>;

  constructor(stateFolder: string, given: Ports) {
    this.#folder = stateFolder;
    this.#given = given;
    this.#remembered = portsFile.parse(readStateFile(stateFolder, PORTS_FILE) ?? {});
  }

  /**
   * Starts something on its ports. Where remembered ports are taken by now, the system chooses; given ones must be free.
   *
   * @param start - gets a port a name, 0 where the system chooses
   * @param onTaken - hears why remembered ports were given up
   */
  async start<Name extends PortName, T>(
    names: readonly Name[],
    start: (ports: Record<Name, number>) => Promise<T>,
    onTaken: (error: unknown) => void,
  ): Promise<T> {
    try {
      return await start(this.#choose(names, this.#remembered));
    } catch (error) {
      if (!names.some((name) => this.#given[name] === undefined && this.#remembered[name] !== undefined)) throw error;
      onTaken(error);
      return start(this.#choose(names, {}));
    }
  }

  /** Remembers where things listen now. */
  remember(ports: Readonly<Record<string, number>>): void {
    Object.assign(this.#remembered, ports);
    writeStateFile(this.#folder, PORTS_FILE, this.#remembered);
  }

  #choose<Name extends PortName>(names: readonly Name[], remembered: Ports): Record<Name, number> {
    return Object.fromEntries(names.map((name) => [name, this.#given[name] ?? remembered[name] ?? 0])) as Record<
      Name,
      number
    >;
  }
}
