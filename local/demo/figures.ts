/**
 * What the story must reach, known before it is told: the demo and the tests hold every run against these.
 *
 * @source demo-data.md 6, measured there with an independent implementation and checked against scikit-learn and scipy
 */

/** One figure of a gate's verdict. */
export interface ExpectedFigure {
  /** Metric of the gate. */
  readonly metric: string;
  /** Which of the gates over this metric: by the key that makes it that kind. */
  readonly kind: 'above' | 'below' | 'between' | 'betterThanChampionBy' | 'notWorseThanChampion';
  /** Name of the number in the verdict. */
  readonly number: string;
  readonly expected: number;
  /** Largest difference that is still agreement: one unit of the last digit that the source gives. */
  readonly tolerance: number;
}

/** What one run of the story must come to. */
export interface ExpectedRun {
  readonly outcome: 'promoted' | 'refused';
  readonly evaluationRows: number;
  readonly figures: readonly ExpectedFigure[];
}

type Kind = ExpectedFigure['kind'];

function figure(metric: string, kind: Kind, number: string, expected: number, tolerance = 0.0001): ExpectedFigure {
  return { metric, kind, number, expected, tolerance };
}

/** v1: fit on 1990-92, judged on 1993, without a champion. */
const first: ExpectedRun = {
  outcome: 'promoted',
  evaluationRows: 677,
  figures: [
    figure('auc', 'above', 'candidate', 0.8227),
    figure('auc', 'above', 'low', 0.765, 0.001),
    figure('auc', 'above', 'high', 0.873, 0.001),
    figure('logLoss', 'below', 'candidate', 0.2493),
    figure('logLoss', 'below', 'bound', 0.313),
    figure('expectedOverObserved', 'between', 'candidate', 0.981, 0.001),
  ],
};

/** v2: fit on 1990-97, compared with v1 on 1998-99. */
const second: ExpectedRun = {
  outcome: 'promoted',
  evaluationRows: 1_848,
  figures: [
    figure('auc', 'notWorseThanChampion', 'champion', 0.7893),
    figure('auc', 'notWorseThanChampion', 'candidate', 0.8133),
    figure('auc', 'notWorseThanChampion', 'gain', 0.024),
    figure('auc', 'notWorseThanChampion', 'p', 0.000673, 0.000001),
    figure('auc', 'notWorseThanChampion', 'low', 0.0102),
    figure('auc', 'notWorseThanChampion', 'high', 0.0378),
    figure('logLoss', 'betterThanChampionBy', 'champion', 0.2911),
    figure('logLoss', 'betterThanChampionBy', 'candidate', 0.2802),
    figure('logLoss', 'betterThanChampionBy', 'low', 0.0051),
    figure('logLoss', 'betterThanChampionBy', 'high', 0.0165),
    figure('expectedOverObserved', 'between', 'candidate', 1.043, 0.001),
  ],
};

/** Without wildlife size and species: fit on 1990-2000, compared with v2 on 2001. */
const leaner: ExpectedRun = {
  outcome: 'refused',
  evaluationRows: 1_095,
  figures: [
    figure('auc', 'notWorseThanChampion', 'champion', 0.7693),
    figure('auc', 'notWorseThanChampion', 'candidate', 0.6609),
    figure('auc', 'notWorseThanChampion', 'z', -6, 0.01),
    figure('auc', 'notWorseThanChampion', 'p', 2e-9, 1e-9),
    figure('auc', 'notWorseThanChampion', 'low', -0.1437),
    figure('auc', 'notWorseThanChampion', 'high', -0.0729),
    figure('logLoss', 'betterThanChampionBy', 'champion', 0.2778),
    figure('logLoss', 'betterThanChampionBy', 'candidate', 0.3186),
    figure('logLoss', 'betterThanChampionBy', 'gain', -0.0408),
    figure('logLoss', 'betterThanChampionBy', 'low', -0.0556),
    figure('logLoss', 'betterThanChampionBy', 'high', -0.026),
  ],
};

/** All features again: fit on 1990-2000, compared with v2 on 2001. */
const full: ExpectedRun = {
  outcome: 'promoted',
  evaluationRows: 1_095,
  figures: [
    figure('auc', 'notWorseThanChampion', 'champion', 0.7693),
    figure('auc', 'notWorseThanChampion', 'candidate', 0.7897),
    figure('auc', 'notWorseThanChampion', 'p', 0.005, 0.001),
    figure('logLoss', 'betterThanChampionBy', 'gain', 0.0067),
    figure('logLoss', 'betterThanChampionBy', 'low', 0.0017),
    figure('logLoss', 'betterThanChampionBy', 'high', 0.0115),
    figure('expectedOverObserved', 'between', 'candidate', 1.055, 0.001),
  ],
};

/** The story's runs in order. */
export const expectedRuns = { first, second, leaner, full } as const;

/** Findings over the broken export. */
export const brokenExport = {
  rows: 1_065,
  missingColumn: 'Wildlife Size',
  renamedTo: 'Size',
  reportedSpeeds: 731,
  speedsOutOfRange: 84,
  speedPsi: 4.24,
} as const;

/** A figure that was looked up, and what was found. */
export interface CheckedFigure extends ExpectedFigure {
  /** Undefined where no verdict has it. */
  readonly found: number | undefined;
  readonly agrees: boolean;
}

/** A verdict as the run store and the API show it. */
export interface ShownVerdict {
  readonly gate: Readonly<Record<string, unknown>>;
  readonly numbers: Readonly<Record<string, number>>;
}

/**
 * @param expected - one run of {@link expectedRuns}
 * @param verdicts - of that run; gates with slices are passed over, their numbers are the slices'
 * @returns every figure with what was found
 */
export function checkFigures(expected: ExpectedRun, verdicts: readonly ShownVerdict[]): CheckedFigure[] {
  return expected.figures.map((wanted) => {
    const verdict = verdicts.find(
      ({ gate }) => gate['metric'] === wanted.metric && wanted.kind in gate && gate['slices'] === undefined,
    );
    const found = verdict?.numbers[wanted.number];
    return { ...wanted, found, agrees: found !== undefined && Math.abs(found - wanted.expected) <= wanted.tolerance };
  });
}

/** A scoring request and what v2 answers. */
export interface ScoringExample {
  readonly name: string;
  readonly row: Readonly<Record<string, string>>;
  readonly probability: number;
}

/**
 * What v2 says of three strikes. The source names airport, aircraft, phase, wildlife and speed; airline, date and time
 * of day, which it leaves open, were chosen here so that they agree with its probabilities.
 *
 * @source demo-data.md 2, "Serving"
 */
export const scoringExamples: readonly ScoringExample[] = [
  {
    name: 'a goose in the climb at 200 kn',
    row: {
      'Airport Name': 'LAGUARDIA NY',
      'Aircraft Make Model': 'B-737-300',
      'Aircraft Airline Operator': 'CONTINENTAL AIRLINES',
      'Flight Date': '1999-09-15',
      'Time of day': 'Dusk',
      'Phase of flight': 'Climb',
      'Wildlife Size': 'Large',
      'Wildlife Species': 'Canada goose',
      'Speed IAS in knots': '200',
    },
    probability: 0.645,
  },
  {
    name: 'a starling in the landing roll at 90 kn',
    row: {
      'Airport Name': 'LAGUARDIA NY',
      'Aircraft Make Model': 'B-737-300',
      'Aircraft Airline Operator': 'CONTINENTAL AIRLINES',
      'Flight Date': '1999-09-15',
      'Time of day': 'Dusk',
      'Phase of flight': 'Landing Roll',
      'Wildlife Size': 'Small',
      'Wildlife Species': 'European starling',
      'Speed IAS in knots': '90',
    },
    probability: 0.051,
  },
  {
    name: 'a goose in the climb; airport, aircraft and airline never seen, speed unknown',
    row: {
      'Airport Name': 'NEVER SEEN',
      'Aircraft Make Model': 'NEVER SEEN',
      'Aircraft Airline Operator': 'NEVER SEEN',
      'Flight Date': '1999-10-15',
      'Time of day': 'Day',
      'Phase of flight': 'Climb',
      'Wildlife Size': 'Large',
      'Wildlife Species': 'Canada goose',
    },
    probability: 0.711,
  },
];
