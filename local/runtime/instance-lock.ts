/**
 * One runtime a state folder. The lock is SQLite's lock on a file, which the system takes away with the process: after
 * kill -9 there is none to clean up, and a process id that was given to another program can't mislead anybody.
 */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { z } from 'zod';

import { startTimeOf } from '../azure-ml/job-process.ts';
import { readStateFile, writeStateFile } from './state-folder.ts';

const LOCK_FILE = 'runtime.lock';
const OWNER_FILE = 'runtime.json';
/** @source sqlite.org/rescode.html: SQLITE_BUSY; extended codes have it in the low byte */
const SQLITE_BUSY = 5;
/** Longest wait for somebody who only looks whether it is locked. */
const LOOK_MS = 200;

const owner = z.looseObject({ pid: z.int().positive(), startTime: z.string(), startedAt: z.string() });
/** Who holds the lock. */
export type LockOwner = z.output<typeof owner>;

/** The lock, held until it is released or the process ends. */
export interface InstanceLock {
  release(): void;
}

/**
 * Takes the lock of a state folder.
 *
 * @returns the lock, or undefined where another process holds it
 */
export function takeInstanceLock(stateFolder: string): InstanceLock | undefined {
  const database = lock(stateFolder);
  if (database === undefined) return undefined;
  writeStateFile(stateFolder, OWNER_FILE, {
    pid: process.pid,
    startTime: startTimeOf(process.pid),
    startedAt: new Date().toISOString(),
  });
  return {
    release: () => {
      rmSync(join(stateFolder, OWNER_FILE), { force: true });
      database.close();
    },
  };
}

/** @returns whether a process holds the lock now */
export function isLocked(stateFolder: string): boolean {
  if (!existsSync(join(stateFolder, LOCK_FILE))) return false;
  const database = lock(stateFolder);
  database?.close();
  return database === undefined;
}

/**
 * @returns who holds the lock, as it wrote down; undefined where it has not yet, and the note is of a process that is gone
 */
export function lockOwner(stateFolder: string): LockOwner | undefined {
  const found = readStateFile(stateFolder, OWNER_FILE);
  if (found === undefined) return undefined;
  const noted = owner.parse(found);
  return startTimeOf(noted.pid) === noted.startTime ? noted : undefined;
}

function lock(stateFolder: string): DatabaseSync | undefined {
  const database = new DatabaseSync(join(stateFolder, LOCK_FILE), { timeout: LOOK_MS });
  try {
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database.close();
    if (
      error instanceof Error &&
      'errcode' in error &&
      typeof error.errcode === 'number' &&
      (error.errcode & 0xff) === SQLITE_BUSY
    )
      return undefined;
    throw error;
  }
}
