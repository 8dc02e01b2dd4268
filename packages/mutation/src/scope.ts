/** What is mutated: the sources that decide something about octets, of every published package. */

export const packages = ["dot-stuffing", "sasl", "smtp-codec", "pop3-codec"] as const;
export type Package = (typeof packages)[number];

/** Generators, descriptive and generated tables, recorders, wrappers, and files that only name others. */
const left = [
  "{arbitraries,driver-test,recording,registry,streams,texts,webcrypto}/**",
  "**/tables.generated.ts",
  "**/index.ts",
  "web.ts",
];

/** Patterns of the mutated sources of a package, from the top of the repository. */
export function sourcesOf(name: Package): string[] {
  const folder = `packages/${name}/src`;
  return [`${folder}/**/*.ts`, ...left.map((pattern) => `!${folder}/${pattern}`)];
}
