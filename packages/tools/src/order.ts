/** Compares texts with the numbers in them as numbers, so that line 10 comes after line 9. */
export const byNumber: (a: string, b: string) => number = new Intl.Collator("en", { numeric: true }).compare;
