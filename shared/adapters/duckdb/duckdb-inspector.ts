import type { ContractColumn } from '#shared/domain/data-contract/data-contract.ts';
import type { DataInspection, Finding } from '#shared/contracts/data-inspection.ts';
import { limits } from '#shared/domain/limits.ts';
import { WhenceError } from '#shared/errors/whence-error.ts';
import type { DataInspector, InspectedFile, InspectionRequest } from '#shared/ports/data-inspector.ts';

import { checkColumns } from './check-columns.ts';
import { ALL, checkTable } from './check-table.ts';
import { fetchFile, kindOf, type ByteBudget } from './fetch-file.ts';
import { loadFile, type LoadedFile } from './load-file.ts';
import { LockedSession } from './locked-session.ts';
import { profileColumns } from './profile-columns.ts';

/** @returns the port over DuckDB, locked down */
export function createDuckDbInspector(): DataInspector {
  return { inspect };
}

async function inspect({ files, contract, sealedAt }: InspectionRequest): Promise<DataInspection> {
  refuseTooLarge(files);
  await using session = await LockedSession.open();
  const budget: ByteBudget = { leftBytes: limits.inspectBytes };
  const loaded: LoadedFile[] = [];
  const findings: Finding[] = [];
  let rows = 0;
  for (const [index, file] of files.entries()) {
    const result = await readFile(session, index, file, contract.columns, budget);
    findings.push(...result.findings);
    if (result.file === undefined) continue;
    loaded.push(result.file);
    rows += result.file.rows;
    if (rows > limits.inspectRows)
      throw new WhenceError('data-contract.too-large', `The data version has more than ${limits.inspectRows} rows.`);
    findings.push(...(await checkColumns(session, result.file, contract.columns)));
  }
  await uniteTables(session, loaded, contract.columns);
  findings.push(...(await checkTable(session, contract, rows, sealedAt)));
  return {
    schemaVersion: 1,
    contractId: contract.id,
    contractVersion: contract.version,
    findings: shortened(findings),
    profile: {
      schemaVersion: 1,
      rows,
      files: loaded.map((file) => ({ path: file.path, rows: file.rows })),
      columns: await profileColumns(session, contract.columns),
    },
  };
}

/** Every file that breaks the contract keeps a finding, and so does the version as a whole: they are what is judged. */
function shortened(findings: readonly Finding[]): Finding[] {
  const known = new Set<string>();
  const judged = new Set(
    findings.filter(({ file }) => file === undefined || (!known.has(file) && known.add(file) !== undefined)),
  );
  let room = Math.max(0, limits.findings - judged.size);
  return findings.filter((one) => judged.has(one) || room-- > 0);
}

function refuseTooLarge(files: readonly InspectedFile[]): void {
  const bytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  if (bytes > limits.inspectBytes)
    throw new WhenceError(
      'data-contract.too-large',
      `The data version has ${bytes} bytes, more than ${limits.inspectBytes}.`,
      { details: { bytes, limitBytes: limits.inspectBytes } },
    );
}

interface ReadFile {
  readonly file?: LoadedFile;
  readonly findings: readonly Finding[];
}

async function readFile(
  session: LockedSession,
  index: number,
  file: InspectedFile,
  columns: readonly ContractColumn[],
  budget: ByteBudget,
): Promise<ReadFile> {
  const kind = kindOf(file.path);
  if (kind === undefined)
    return unreadable(
      file.path,
      'format',
      'is none of .csv, .csv.gz, .jsonl, .ndjson, .jsonl.gz, .ndjson.gz, .parquet',
    );
  session.checkTime();
  const localPath = await fetchFile(session.folder, file, kind, budget);
  if (localPath === undefined) return unreadable(file.path, 'unreadable', 'is not the gzip file that its name says');
  try {
    return await loadFile(session, index, { localPath, path: file.path, format: kind.format }, columns);
  } catch (error) {
    if (error instanceof WhenceError) throw error;
    const why = (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
    return unreadable(
      file.path,
      'unreadable',
      `cannot be read as ${kind.format}: ${why.replaceAll(localPath, file.path)}`,
    );
  }
}

function unreadable(path: string, rule: string, why: string): ReadFile {
  return { findings: [{ rule, file: path, message: `${path} ${why}.`, count: 1, total: 1, samples: [] }] };
}

/** One view over all files; a column that a file lacks is null there. */
async function uniteTables(
  session: LockedSession,
  files: readonly LoadedFile[],
  columns: readonly ContractColumn[],
): Promise<void> {
  const selects = files.map(
    (file) =>
      `SELECT ${columns.map((_column, at) => (file.columns.includes(at) ? `c${at}` : `NULL::VARCHAR AS c${at}`)).join(', ')} FROM ${file.table}`,
  );
  const nothing = `SELECT ${columns.map((_column, at) => `NULL::VARCHAR AS c${at}`).join(', ')} WHERE false`;
  await session.query(`CREATE VIEW ${ALL} AS ${(selects.length === 0 ? [nothing] : selects).join(' UNION ALL ')}`);
}
