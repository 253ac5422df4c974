import type { DataContract } from '#shared/domain/data-contract/data-contract.ts';
import type { DataInspection } from '#shared/contracts/data-inspection.ts';

/** A file to inspect. */
export interface InspectedFile {
  /** Path for people; never used as a path on this machine. */
  readonly path: string;
  readonly sizeBytes: number;
  /** 64 hex digits; names the file on this machine. */
  readonly sha256: string;
  /** The bytes, once. */
  readonly open: () => Promise<AsyncIterable<Uint8Array>>;
}

/** What is inspected by what. */
export interface InspectionRequest {
  readonly files: readonly InspectedFile[];
  readonly contract: DataContract;
  /** When the data version was sealed: freshness is measured from here. ISO 8601 UTC. */
  readonly sealedAt: string;
}

/** The port. */
export interface DataInspector {
  /**
   * Checks files against a contract and profiles them.
   *
   * @throws {WhenceError} `data-contract.too-large` where this process must not try
   */
  inspect(request: InspectionRequest): Promise<DataInspection>;
}
