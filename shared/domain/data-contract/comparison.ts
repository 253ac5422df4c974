import type { Comparison } from './data-contract.ts';

/** @returns whether a count or percentage is as the comparison says */
export function holds(measured: number, { operator, operands }: Comparison): boolean {
  const [first = 0, second = 0] = operands;
  switch (operator) {
    case 'mustBe':
      return measured === first;
    case 'mustNotBe':
      return measured !== first;
    case 'mustBeGreaterThan':
      return measured > first;
    case 'mustBeGreaterOrEqualTo':
      return measured >= first;
    case 'mustBeLessThan':
      return measured < first;
    case 'mustBeLessOrEqualTo':
      return measured <= first;
    case 'mustBeBetween':
      return measured >= first && measured <= second;
    case 'mustNotBeBetween':
      return measured < first || measured > second;
  }
}

/** @returns the comparison as words: "must be less than 1 percent" */
export function describeComparison({ operator, operands, unit }: Comparison): string {
  const words = operator.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return `${words} ${operands.join(' and ')}${unit === 'percent' ? ' percent' : ''}`;
}
