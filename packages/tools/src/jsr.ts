/** Each published package's jsr.json is made from its package.json, and must not differ from it. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Manifest, manifestOf, packageFolder, published } from "./workspace.ts";

const SCOPE = "@mail-codecs";

/** The text of jsr.json: the sources behind every built entry point, and where their imports come from. */
export function jsrOf({ name, version, license, exports, dependencies, peerDependencies }: Manifest): string {
  const sources = Object.entries(exports)
    .filter(([path]) => path !== "./package.json")
    .map(([path, target]) => {
      const built = typeof target === "string" ? target : target.default;
      return [path, built.replace(/^\.\/dist\/(.+)\.js$/, "./src/$1.ts")];
    });
  const imports = Object.entries({ ...dependencies, ...peerDependencies }).map(([dependency, range]) => {
    const ours = published.find((other) => other === dependency);
    return [dependency, ours ? `jsr:${SCOPE}/${ours}@^${manifestOf(ours).version}` : `npm:${dependency}@${range}`];
  });
  const jsr = {
    name: `${SCOPE}/${name}`,
    version,
    license,
    exports: Object.fromEntries(sources),
    ...(imports.length > 0 && { imports: Object.fromEntries(imports) }),
    publish: { include: ["src", "README.md", "CHANGELOG.md", "LICENSE"] },
  };
  return `${JSON.stringify(jsr, null, 2)}\n`;
}

const path = (name: string) => join(packageFolder(name), "jsr.json");

/** @throws Error naming the files that are not what their package.json says */
export function checkJsr(): string {
  const stale = published.filter((name) => {
    const found: unknown = JSON.parse(readFileSync(path(name), "utf8"));
    return JSON.stringify(found) !== JSON.stringify(JSON.parse(jsrOf(manifestOf(name))));
  });
  if (stale.length > 0)
    throw new Error(`run "pnpm --filter tools jsr": jsr.json is out of date in ${stale.join(", ")}`);
  return "jsr.json says what package.json says";
}

export function writeJsr(): void {
  for (const name of published) writeFileSync(path(name), jsrOf(manifestOf(name)));
}
