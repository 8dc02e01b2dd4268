/** What is mutated: the sources that decide something about octets, of every published package. */

export const packages = ["dot-stuffing", "sasl", "smtp-codec", "pop3-codec"] as const;
export type Package = (typeof packages)[number];

/** Generators, descriptive tables, recorders, wrappers: neither they nor their tests take part. */
const left = "(arbitraries|driver-test|recording|registry|streams|texts|webcrypto)";

/** The mutated sources of a package, from the top of the repository. */
export function sourcesOf(name: Package, files: readonly string[]): string[] {
  // Generated tables, and files that only name others, decide nothing. In the rounds of `hi` so many places of mutants
  // would be met that every test that derives a key were one of bulk, and left out: it has to be named to be mutated.
  const decides = new RegExp(
    `^packages/${name}/src/(?!${left}/)(?!web\\.ts$)(?!(.*/)?(index|tables\\.generated|crypto/hi)\\.ts$).*\\.ts$`,
  );
  return files.filter((file) => decides.test(file));
}

/** The tests that run against them. What sessions have in common is tested by those of POP3 too. */
export function testsOf(name: Package, files: readonly string[]): string[] {
  const own = new RegExp(`^packages/${name}/test/(?!${left}(/|\\.test\\.ts$)).*\\.test\\.ts$`);
  const users = /^packages\/pop3-codec\/test\/(client|server)\/.*\.test\.ts$/;
  return files.filter((file) => own.test(file) || (name === "dot-stuffing" && users.test(file)));
}
