/**
 * The fence around published files: they import nothing but what their package lists, and refer to no global that is
 * not on the list. Clocks, randomness and locales are outside it everywhere, the platform's random source at import.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { byNumber } from "../order.ts";
import { filesBelow, type Manifest, manifestOf, packageFolder, published, root } from "../workspace.ts";
import { type Module, readModule } from "./module.ts";

/**
 * What ES2022 itself has, without clocks, locales, shared memory, code from strings and the garbage collector's doings.
 */
const LANGUAGE = [
  "AggregateError Array ArrayBuffer BigInt BigInt64Array BigUint64Array Boolean DataView Error EvalError Float32Array",
  "Float64Array Infinity Int16Array Int32Array Int8Array JSON Map Math NaN Number Object Promise Proxy RangeError",
  "ReferenceError Reflect RegExp Set String Symbol SyntaxError TypeError URIError Uint16Array Uint32Array Uint8Array",
  "Uint8ClampedArray WeakMap WeakSet decodeURIComponent encodeURIComponent isFinite isNaN parseFloat parseInt undefined",
];
/** The globals of the web platform that every runtime has. */
const WEB = "TextDecoder TextEncoder atob btoa crypto";
const STREAMS = "ByteLengthQueuingStrategy CountQueuingStrategy ReadableStream TransformStream WritableStream";

const words = (...lists: readonly string[]): string[] => lists.flatMap((list) => list.split(" "));

/** What a module may import and refer to. */
interface Allowance {
  readonly packages: readonly string[];
  readonly globals: ReadonlySet<string>;
}

/** What an entry point's modules may: those that the whole package shares are held to the narrowest. */
function allowanceOf(entry: string, { dependencies = {}, peerDependencies = {} }: Manifest): Allowance {
  const packages = Object.keys(dependencies);
  if (entry === "./arbitraries" && "fast-check" in peerDependencies) packages.push("fast-check");
  return { packages, globals: new Set(words(...LANGUAGE, WEB, ...(entry === "./streams" ? [STREAMS] : []))) };
}

/** Judges a package's built modules. Gives a line `FILE:LINE: NAME WHY` for everything outside the fence. */
export function fence(folder: string, manifest: Manifest): { readonly files: number; readonly outside: string[] } {
  const dist = join(folder, "dist");
  const modules = new Map<string, Module>();
  for (const file of filesBelow(dist)) {
    if (/\.[cm]?js$/.test(file)) modules.set(file, readModule(readFileSync(file, "utf8")));
  }
  const outside = new Set<string>();
  const reached = new Set<string>();
  for (const [entry, target] of Object.entries(manifest.exports)) {
    const file = join(folder, typeof target === "string" ? target : target.default);
    if (file.endsWith(".json")) continue;
    if (!existsSync(file)) outside.add(`${relative(root, file)}:1: ${entry} has not been built`);
    judge([file], allowanceOf(entry, manifest));
  }
  // What no entry point leads to is published all the same.
  judge(
    [...modules.keys()].filter((file) => !reached.has(file)),
    allowanceOf(".", manifest),
  );
  return { files: modules.size, outside: [...outside].sort(byNumber) };

  function judge(entries: readonly string[], { packages, globals }: Allowance): void {
    const seen = new Set<string>(entries);
    for (const file of seen) {
      const module = modules.get(file);
      if (module === undefined) continue;
      reached.add(file);
      const report = (line: number, name: string, why: string) =>
        outside.add(`${relative(root, file)}:${line}: ${name} ${why}`);
      for (const { line, name, why } of module.breaches) report(line, name, why);
      for (const { line, name } of module.globals) {
        if (!globals.has(name)) report(line, name, "is a global that is not on the list");
      }
      for (const { line, name } of module.imports) {
        if (/^\.\.?\//.test(name)) {
          const target = resolve(dirname(file), name);
          if (modules.has(target)) seen.add(target);
          else report(line, name, "is not a built file");
        } else if (!packages.some((listed) => name === listed || name.startsWith(`${listed}/`))) {
          report(line, name, "is not a listed dependency");
        }
      }
    }
  }
}

/** Judges all published packages. @throws Error naming file, line and name of everything outside the fence */
export function checkFence(): string {
  const results = published.map((name) => fence(packageFolder(name), manifestOf(name)));
  const outside = results.flatMap((result) => result.outside);
  if (outside.length > 0) throw new Error(outside.join("\n"));
  return `${results.reduce((sum, { files }) => sum + files, 0)} built files`;
}
