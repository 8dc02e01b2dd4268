/**
 * The fence around published files: they import nothing but what their package lists, and touch no global of a runtime that
 * is not on the list. Clocks and randomness are outside the fence everywhere, the platform's random source at import.
 */
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parse } from "acorn";
import { analyze, type Scope } from "eslint-scope";
import { filesBelow, manifestOf, packageFolder, published, root } from "./workspace.ts";

/** What ES2022 itself has, clocks and randomness apart. */
const LANGUAGE =
  "Array ArrayBuffer Atomics BigInt BigInt64Array BigUint64Array Boolean DataView Error EvalError Float32Array Float64Array Infinity Int16Array Int32Array Int8Array Intl JSON Map Math NaN Number Object Promise Proxy RangeError ReferenceError Reflect RegExp Set String Symbol SyntaxError TypeError URIError Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet isFinite isNaN parseFloat parseInt undefined decodeURIComponent encodeURIComponent";
/** The web globals that published files may touch: every runtime has them. */
const WEB = "TextDecoder TextEncoder atob btoa crypto";
const ALLOWED: ReadonlySet<string> = new Set(`${LANGUAGE} ${WEB}`.split(" "));

/** Something outside the fence. */
export interface Breach {
  readonly line: number;
  readonly name: string;
  readonly why: string;
}

interface Node {
  readonly type: string;
  readonly loc: { readonly start: { readonly line: number } };
  readonly [key: string]: unknown;
}

/**
 * Finds what a module does outside the fence.
 *
 * @param dependencies the packages that it may import; relative files are always allowed
 */
export function breaches(source: string, dependencies: readonly string[]): Breach[] {
  const program: unknown = parse(source, { ecmaVersion: 2022, sourceType: "module", locations: true, ranges: true });
  const found: Breach[] = [];
  const breach = (node: Node, name: string, why: string) => found.push({ line: node.loc.start.line, name, why });
  walk(program as Node, [], (node, ancestors) => {
    switch (node.type) {
      case "ImportDeclaration":
      case "ExportNamedDeclaration":
      case "ExportAllDeclaration": {
        const from = (node["source"] as { readonly value: string } | null)?.value;
        if (from !== undefined && !isListed(from, dependencies)) breach(node, from, "is not a listed dependency");
        return;
      }
      case "ImportExpression":
        breach(node, "import()", "is dynamic");
        return;
      case "MemberExpression": {
        const object = node["object"] as Node;
        const property = node["property"] as Node;
        if (object["name"] === "Math" && property["name"] === "random") breach(node, "Math.random", "is randomness");
        if (object["name"] === "crypto" && !ancestors.some(({ type }) => FUNCTIONS.has(type)))
          breach(node, "crypto", "is used at import");
      }
    }
  });
  const scopes = analyze(program as Parameters<typeof analyze>[0], { ecmaVersion: 2022, sourceType: "module" });
  for (const reference of (scopes.globalScope as Scope).through) {
    const identifier: unknown = reference.identifier;
    const { name } = reference.identifier;
    if (!ALLOWED.has(name)) breach(identifier as Node, name, "is a global that is not on the list");
  }
  return found.sort((one, other) => one.line - other.line);
}

const FUNCTIONS: ReadonlySet<string> = new Set([
  "FunctionDeclaration",
  "FunctionExpression",
  "ArrowFunctionExpression",
]);

function isListed(specifier: string, dependencies: readonly string[]): boolean {
  if (specifier.startsWith("./") || specifier.startsWith("../")) return true;
  return dependencies.some((name) => specifier === name || specifier.startsWith(`${name}/`));
}

function walk(node: Node, ancestors: readonly Node[], visit: (node: Node, ancestors: readonly Node[]) => void): void {
  visit(node, ancestors);
  const inner = [...ancestors, node];
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child === "object" && child !== null && "type" in child) walk(child as Node, inner, visit);
    }
  }
}

/** Checks the built files of all published packages. @throws Error listing every breach by file and line */
export function checkFence(): string {
  const all: string[] = [];
  let count = 0;
  for (const name of published) {
    const dependencies = Object.keys(manifestOf(name).dependencies ?? {});
    const files = filesBelow(join(packageFolder(name), "dist")).filter((file) => file.endsWith(".js"));
    if (files.length === 0) throw new Error(`${name} has no built files`);
    count += files.length;
    for (const file of files) {
      for (const { line, name: what, why } of breaches(readFileSync(file, "utf8"), dependencies)) {
        all.push(`${relative(root, file)}:${line}: ${what} ${why}`);
      }
    }
  }
  if (all.length > 0) throw new Error(`outside the fence:\n${all.join("\n")}`);
  return `${count} built files inside the fence`;
}
