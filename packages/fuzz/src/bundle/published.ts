/** The packages that are fuzzed, each after those that it depends on. */
export const published = ["dot-stuffing", "sasl", "smtp-codec", "pop3-codec"] as const;
