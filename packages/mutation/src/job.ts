/** What is handed to the worker, in a file that the environment variable `MUTATION_JOB` names. */
export interface Job {
  /** The mutated sources, absolute. */
  readonly sources: readonly string[];
  /** Test files, absolute. */
  readonly tests: readonly string[];
  /** Those of them that are another package's: they try what the package's own do not notice. */
  readonly others: readonly string[];
  /** Whether tests of bulk take part, and all tests, however many steps they take together. */
  readonly thorough: boolean;
  /** The mutants to try, and their sources from the top of the repository. */
  readonly mutants: readonly { readonly id: string; readonly file: string }[];
  /** A file to which a line of JSON is added when a mutant is begun and when it is done. */
  readonly results: string;
  /** A file that is written whenever a test begins: as long as that goes on, nothing hangs. */
  readonly pulse: string;
}

/** A line of the results. Neither `noticed` nor `survived`: it was begun. */
export interface Line {
  readonly id: string;
  /** By which test, or by what else. */
  readonly noticed?: string;
  /** How many tests ran it. */
  readonly survived?: number;
}
