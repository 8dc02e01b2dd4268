/** What the program says. */

/** What became of a section. */
export interface SectionReport {
  readonly name: string;
  /** How many vectors, sessions or values were gone through. */
  readonly items: number;
  readonly events: number;
  readonly octets: number;
  /** SHA-256 over all of it, in hexadecimal digits. */
  readonly digest: string;
}

export interface Report {
  readonly sections: readonly SectionReport[];
  /** Of all sections. */
  readonly digest: string;
}
