/**
 * How far the speeds of newer reports are from those of older ones. The contract's range sees only the worst rows of
 * the broken export; the demo shows this figure beside it.
 */
import { psi } from '#shared/domain/gates/statistics/drift.ts';

const DECILES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/**
 * @param before - speeds as the CSV has them, '' for one that wasn't reported; at least one was
 * @param after - speeds to compare with them
 * @returns population stability index over the deciles of `before`, and a bin for missing ones
 * @source demo-data.md 6, whose figures it meets
 */
export function speedPsi(before: readonly string[], after: readonly string[]): number {
  const known = before
    .filter((text) => text !== '')
    .map(Number)
    .sort((a, b) => a - b);
  const edges = [...new Set(DECILES.map((share) => known[Math.floor(share * known.length)] ?? 0))];
  return psi(countBins(before, edges), countBins(after, edges));
}

function countBins(texts: readonly string[], edges: readonly number[]): number[] {
  const counts = new Array<number>(edges.length + 2).fill(0);
  for (const text of texts) {
    const bin = text === '' ? edges.length + 1 : edges.filter((edge) => Number(text) > edge).length;
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}
