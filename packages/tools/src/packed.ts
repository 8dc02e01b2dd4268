/** The published packages as their users get them: packed, and installed into an empty project. */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { capture } from "./run.ts";
import { manifestOf, packageFolder, published } from "./workspace.ts";

/**
 * Packs the published packages, and installs them with what they depend on from the registry.
 *
 * @param project a folder without a package.json
 * @throws Error with what the tools said
 */
export function installPacked(project: string): void {
  const tarballs = join(project, "tarballs");
  mkdirSync(tarballs);
  for (const name of published)
    capture("npm", ["pack", "--silent", "--pack-destination", tarballs], { cwd: packageFolder(name) });
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
  const files = readdirSync(tarballs).map((file) => join(tarballs, file));
  capture("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", "--silent", ...files], { cwd: project });
}

/** What can be imported: every entry point of every published package. */
export function entryPoints(): string[] {
  return published.flatMap((name) =>
    Object.keys(manifestOf(name).exports)
      .filter((path) => path !== "./package.json")
      .map((path) => join(name, path)),
  );
}
