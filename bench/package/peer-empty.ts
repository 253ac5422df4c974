/** Nothing: what Node and the start itself cost. */
export {};
