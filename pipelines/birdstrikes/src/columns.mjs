/** The columns of a strike report that the jobs know. Others (state, costs) are read and left alone. */

export const dateColumn = 'Flight Date';
export const damageColumn = 'Effect Amount of damage';
export const speedColumn = 'Speed IAS in knots';

const always = ['Airport Name', 'Aircraft Make Model', 'Aircraft Airline Operator', 'Phase of flight', 'Time of day'];
const afterInspection = ['Wildlife Size', 'Wildlife Species'];

/**
 * Category columns by the input `features` of the train job. `leaner` does without what is known only after somebody
 * has inspected the remains.
 */
export const featureSets = { full: [...always, ...afterInspection], leaner: always };

/** Columns that every file of the data version must have. */
export const requiredColumns = [...featureSets.full, dateColumn, damageColumn, speedColumn];

/** @returns whether the strike damaged the aircraft: anything but `None`, also the military classes B and C */
export function isDamage(row) {
  return row[damageColumn] !== 'None';
}
