import { createDuckDbInspector } from '#shared/adapters/duckdb/duckdb-inspector.ts';
import type { DataInspection } from '#shared/contracts/data-inspection.ts';
import type { DataContract } from '#shared/domain/data-contract/data-contract.ts';
import { checkDataContract } from '#shared/domain/data-contract/check-data-contract.ts';
import { sha256 } from '#shared/domain/digest.ts';

/** Head of a contract; append `properties:` indented by four. */
export const head = `apiVersion: v3.1.0
kind: DataContract
id: test
version: 1.0.0
status: active
schema:
  - name: rows
`;

/** @returns a compiled contract; throws with its problems if it has any */
export function contractOf(yaml: string): DataContract {
  const checked = checkDataContract('contract.yaml', Buffer.from(yaml));
  if (checked.problems !== undefined) throw new Error(JSON.stringify(checked.problems, null, 2));
  return checked.contract;
}

/** Inspects files given as text or bytes. */
export function inspectFiles(
  contract: DataContract,
  files: Readonly<Record<string, string | Uint8Array>>,
  sealedAt = '2026-01-31T00:00:00.000Z',
): Promise<DataInspection> {
  const inspected = Object.entries(files).map(([path, content]) => {
    const bytes = Buffer.from(content);
    return { path, sizeBytes: bytes.length, sha256: sha256(bytes), open: async () => chunks(bytes) };
  });
  return createDuckDbInspector().inspect({ files: inspected, contract, sealedAt });
}

/** Findings as `file rule column count/total`. */
export function short(inspection: DataInspection): string[] {
  return inspection.findings.map((one) =>
    [one.file ?? '-', one.rule, one.column ?? '-', `${one.count}/${one.total}`].join(' '),
  );
}

async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}
