/** Experiments, runs, metrics, parameters and tags in `node:sqlite`. */
import { DatabaseSync } from 'node:sqlite';

import { invalidValue, MlflowError } from './mlflow-error.ts';

/** A run. Times are milliseconds since 1970. */
export interface Run {
  readonly runId: string;
  readonly experimentId: string;
  readonly runName: string;
  readonly status: string;
  readonly startTime: number;
  readonly endTime: number | null;
  readonly lifecycleStage: string;
}

/** An experiment. */
export interface Experiment {
  readonly experimentId: string;
  readonly name: string;
  readonly lifecycleStage: string;
  readonly createdAt: number;
}

/** A value of a metric; `NaN` and infinities are values too. */
export interface Metric {
  readonly key: string;
  readonly value: number;
  readonly timestamp: number;
  readonly step: number;
}

const schema = `
CREATE TABLE IF NOT EXISTS experiments (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, stage TEXT NOT NULL, created INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS runs (id TEXT PRIMARY KEY, experiment INTEGER NOT NULL, name TEXT NOT NULL, status TEXT NOT NULL, started INTEGER NOT NULL, ended INTEGER, stage TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS metrics (run TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, timestamp INTEGER NOT NULL, step INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS metrics_of_run ON metrics (run, key);
CREATE TABLE IF NOT EXISTS words (run TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (run, kind, key)) STRICT, WITHOUT ROWID;
`;

type Row = Readonly<Record<string, unknown>>;

/** The rows of the tracking server. */
export class TrackingStore {
  readonly #db: DatabaseSync;

  /** @param file - path of the database, or `:memory:` */
  constructor(file: string) {
    this.#db = new DatabaseSync(file, { timeout: 5_000 });
    this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    this.#db.exec(schema);
  }

  /** Runs `write` in one transaction, all or nothing. */
  transaction<T>(write: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const result = write();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  /** What the server remembers of itself; made where it is not there. */
  setting(key: string, make: () => string): string {
    const row = this.#db.prepare('SELECT value FROM settings WHERE key = ?').get(key);
    if (row !== undefined) return String(row['value']);
    const value = make();
    this.keepSetting(key, value);
    return value;
  }

  keepSetting(key: string, value: string): void {
    this.#db.prepare('INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)').run(key, value);
  }

  createExperiment(name: string): string {
    if (this.experimentNamed(name) !== undefined)
      throw new MlflowError('RESOURCE_ALREADY_EXISTS', `Experiment '${name}' already exists.`);
    const { lastInsertRowid } = this.#db
      .prepare('INSERT INTO experiments (name, stage, created) VALUES (?, ?, ?)')
      .run(name, 'active', Date.now());
    return String(lastInsertRowid);
  }

  experimentNamed(name: string): Experiment | undefined {
    const row = this.#db.prepare('SELECT * FROM experiments WHERE name = ?').get(name);
    return row === undefined ? undefined : toExperiment(row);
  }

  /** @throws {MlflowError} there is none of that id */
  experiment(id: string): Experiment {
    const row = this.#db.prepare('SELECT * FROM experiments WHERE id = ?').get(id);
    if (row === undefined) throw new MlflowError('RESOURCE_DOES_NOT_EXIST', `No Experiment with id=${id} exists`);
    return toExperiment(row);
  }

  experiments(): Experiment[] {
    return this.#db.prepare('SELECT * FROM experiments ORDER BY id DESC').all().map(toExperiment);
  }

  createRun(run: Run): void {
    this.#db
      .prepare('INSERT INTO runs (id, experiment, name, status, started, ended, stage) VALUES (?, ?, ?, ?, ?, ?, ?)')
      .run(run.runId, run.experimentId, run.runName, run.status, run.startTime, run.endTime, run.lifecycleStage);
  }

  findRun(id: string): Run | undefined {
    const row = this.#db.prepare('SELECT * FROM runs WHERE id = ?').get(id);
    return row === undefined ? undefined : toRun(row);
  }

  /** @throws {MlflowError} there is none of that id */
  run(id: string): Run {
    const run = this.findRun(id);
    if (run === undefined) throw new MlflowError('RESOURCE_DOES_NOT_EXIST', `Run with id=${id} not found`);
    return run;
  }

  /** Runs of experiments, newest first. */
  runsOf(experimentIds: readonly string[]): Run[] {
    const rows = this.#db.prepare('SELECT * FROM runs ORDER BY started DESC, id').all().map(toRun);
    return rows.filter(({ experimentId }) => experimentIds.includes(experimentId));
  }

  changeRun(id: string, change: Partial<Run>): Run {
    const run = { ...this.run(id), ...change };
    this.#db
      .prepare('UPDATE runs SET name = ?, status = ?, ended = ?, stage = ? WHERE id = ?')
      .run(run.runName, run.status, run.endTime, run.lifecycleStage, id);
    return run;
  }

  logMetric(run: string, { key, value, timestamp, step }: Metric): void {
    this.#db
      .prepare('INSERT INTO metrics (run, key, value, timestamp, step) VALUES (?, ?, ?, ?, ?)')
      .run(run, key, String(value), timestamp, step);
  }

  /** Values of a metric in the order they were logged. */
  history(run: string, key: string): Metric[] {
    return this.#db
      .prepare('SELECT * FROM metrics WHERE run = ? AND key = ? ORDER BY rowid')
      .all(run, key)
      .map(toMetric);
  }

  /** The latest value of each metric: by step, then time, then value. @source mlflow: `_is_metric_latest` */
  latestMetrics(run: string): Metric[] {
    const latest = new Map<string, Metric>();
    for (const metric of this.#db
      .prepare('SELECT * FROM metrics WHERE run = ? ORDER BY rowid')
      .all(run)
      .map(toMetric)) {
      const before = latest.get(metric.key);
      if (before === undefined || isLater(metric, before)) latest.set(metric.key, metric);
    }
    return [...latest.values()];
  }

  /** @throws {MlflowError} the parameter has another value already */
  logParameter(run: string, key: string, value: string): void {
    const before = this.words(run, 'param').find((one) => one.key === key);
    if (before?.value === value) return;
    if (before !== undefined)
      throw invalidValue(
        `Changing param values is not allowed. Param with key='${key}' was already logged with value='${before.value}' for run ID='${run}'. Attempted logging new value '${value}'.`,
      );
    this.#put(run, 'param', key, value);
  }

  setTag(run: string, key: string, value: string): void {
    this.#put(run, 'tag', key, value);
  }

  /** @throws {MlflowError} there is no such tag */
  deleteTag(run: string, key: string): void {
    const { changes } = this.#db.prepare("DELETE FROM words WHERE run = ? AND kind = 'tag' AND key = ?").run(run, key);
    if (changes === 0)
      throw new MlflowError('RESOURCE_DOES_NOT_EXIST', `No tag with name: ${key} in run with id ${run}`);
  }

  /** Parameters or tags of a run. */
  words(run: string, kind: 'param' | 'tag'): { readonly key: string; readonly value: string }[] {
    return this.#db
      .prepare('SELECT key, value FROM words WHERE run = ? AND kind = ? ORDER BY key')
      .all(run, kind)
      .map((row) => ({ key: String(row['key']), value: String(row['value']) }));
  }

  close(): void {
    this.#db.close();
  }

  #put(run: string, kind: 'param' | 'tag', key: string, value: string): void {
    this.#db
      .prepare('INSERT OR REPLACE INTO words (run, kind, key, value) VALUES (?, ?, ?, ?)')
      .run(run, kind, key, value);
  }
}

function isLater(one: Metric, other: Metric): boolean {
  const byStep = one.step - other.step || one.timestamp - other.timestamp;
  return byStep > 0 || (byStep === 0 && one.value >= other.value);
}

function toExperiment(row: Row): Experiment {
  return {
    experimentId: String(row['id']),
    name: String(row['name']),
    lifecycleStage: String(row['stage']),
    createdAt: Number(row['created']),
  };
}

function toRun(row: Row): Run {
  return {
    runId: String(row['id']),
    experimentId: String(row['experiment']),
    runName: String(row['name']),
    status: String(row['status']),
    startTime: Number(row['started']),
    endTime: row['ended'] === null ? null : Number(row['ended']),
    lifecycleStage: String(row['stage']),
  };
}

function toMetric(row: Row): Metric {
  return {
    key: String(row['key']),
    value: Number(row['value']),
    timestamp: Number(row['timestamp']),
    step: Number(row['step']),
  };
}
