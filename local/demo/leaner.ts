/** The pipeline version that the gate must refuse: the same pipeline with one word changed. */

/** The file that is changed, below the pipeline's folder. */
export const FEATURES_FILE = 'train.job.yml';

/**
 * @param text - contents of {@link FEATURES_FILE}
 * @param features - `leaner` leaves out wildlife size and species, `full` takes them back
 * @returns the file with the input `features` set, one line changed
 * @throws {Error} if the file has no such line
 */
export function withFeatures(text: string, features: 'full' | 'leaner'): string {
  const line = /^( {2}features: )(?:full|leaner)\b/m;
  if (!line.test(text)) throw new Error(`${FEATURES_FILE} has no line "features: full".`);
  return text.replace(line, `$1${features}`);
}
