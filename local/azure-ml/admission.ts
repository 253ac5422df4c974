/** How many requests a deployment takes at a time, and how long others wait. */

/** Where a deployment says nothing. @source ARM type OnlineRequestSettings: maxQueueWait PT0.5S */
const QUEUE_WAIT_MS = 500;

/** Lets requests in while there is room. */
export interface Admission {
  /** @returns whether the request may go on; false after it has waited too long */
  readonly enter: () => Promise<boolean>;
  readonly leave: () => void;
}

/**
 * @param most - requests at a time; undefined: any number
 * @param waitMs - longest wait of one more
 */
export function admission(most: number | undefined, waitMs = QUEUE_WAIT_MS): Admission {
  if (most === undefined) return { enter: () => Promise.resolve(true), leave: () => undefined };
  let inside = 0;
  const waiting: ((mayEnter: boolean) => void)[] = [];
  return {
    enter: () => {
      if (inside < most) {
        inside += 1;
        return Promise.resolve(true);
      }
      return new Promise((resolve) => {
        const timer = setTimeout(() => {
          waiting.splice(waiting.indexOf(enter), 1);
          resolve(false);
        }, waitMs);
        const enter = (mayEnter: boolean): void => {
          clearTimeout(timer);
          resolve(mayEnter);
        };
        waiting.push(enter);
      });
    },
    leave: () => {
      const next = waiting.shift();
      if (next === undefined) inside -= 1;
      else next(true);
    },
  };
}
