/**
 * Density of points in a space of unit intervals and categories, by kernels: around each point, and one that is even
 * everywhere, so that nothing is impossible. All axes of a point stay together, so what goes together is seen.
 *
 * @source Bergstra et al., "Algorithms for Hyper-Parameter Optimization" (2011); joint kernels as of Falkner et al., "BOHB"
 *   (2018)
 */

/** An axis: 0 for a unit interval, otherwise the number of its categories, whose coordinates are 0, 1, … */
export type Axis = number;
/** Coordinates, one an axis. */
export type Point = readonly number[];

/** Points that a density was made of. */
export interface Parzen {
  /** @param random - from 0 to below 1 */
  draw(random: () => number): Point;
  logDensity(point: Point): number;
}

/** Width of a kernel of one point, as a part of the interval. @source Optuna, `TPESampler` with `multivariate` */
const WIDTH = 0.2;
/** No kernel is narrower, whatever the number of points, so that there is something to find around a point. */
const LEAST_WIDTH = 0.01;

/** @returns the density of points */
export function parzen(axes: readonly Axis[], points: readonly Point[]): Parzen {
  const continuous = axes.filter((axis) => axis === 0).length;
  // Scott's rule: more points, narrower kernels.
  const width = Math.max(LEAST_WIDTH, WIDTH * Math.max(1, points.length) ** (-1 / (continuous + 4)));
  // Part of a categorical kernel that is spread evenly.
  const spread = 1 / (points.length + 1);
  return {
    draw(random) {
      const around = points[Math.floor(random() * (points.length + 1))];
      return axes.map((axis, index) => {
        const center = around?.[index];
        if (axis === 0) return center === undefined ? random() : fold(center + width * normal(random));
        return center === undefined || random() < spread ? Math.floor(random() * axis) : center;
      });
    },
    logDensity(point) {
      const kernel = (around: Point): number =>
        axes.reduce((product, axis, index) => {
          const [at, center] = [point[index] ?? 0, around[index] ?? 0];
          const here = axis === 0 ? folded(at, center, width) : (at === center ? 1 - spread : 0) + spread / axis;
          return product * here;
        }, 1);
      const even = axes.reduce((product, axis) => (axis === 0 ? product : product / axis), 1);
      const sum = points.reduce((total, around) => total + kernel(around), even);
      return Math.log(sum / (points.length + 1));
    },
  };
}

/** What leaves the unit interval is reflected at its ends. @source Silverman, "Density Estimation" (1986), 2.10 */
function fold(value: number): number {
  const turned = Math.abs(value) % 2;
  return turned > 1 ? 2 - turned : turned;
}

/** Density of a reflected kernel: {@link WIDTH} is so small that one reflection at each end is enough. */
function folded(at: number, center: number, width: number): number {
  const bell = (distance: number): number =>
    Math.exp(-0.5 * (distance / width) ** 2) / (width * Math.sqrt(2 * Math.PI));
  return bell(at - center) + bell(at + center) + bell(2 - at - center);
}

/** @returns a standard normal number. @source Box and Muller (1958) */
function normal(random: () => number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return radius * Math.cos(2 * Math.PI * random());
}
