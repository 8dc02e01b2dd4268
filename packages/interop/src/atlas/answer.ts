/** What a peer did, in the words of the table and of the document. */
export interface Answer {
  /** What stands in the table. */
  readonly short: string;
  /** What stands in the section of the question. */
  readonly words: string;
}
