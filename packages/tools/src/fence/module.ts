/** What one built module touches: what it imports, which globals it refers to, and what no published module may do. */
import { parse } from "acorn";
import { analyze, type Scope } from "eslint-scope";

/** A name and where it stands, for a message. */
export interface Mention {
  readonly line: number;
  readonly name: string;
}

/** Something that is outside the fence for every module. */
export interface Breach extends Mention {
  readonly why: string;
}

export interface Module {
  /** Specifiers, as they are written. */
  readonly imports: readonly Mention[];
  /** Names that no scope of the module declares. */
  readonly globals: readonly Mention[];
  readonly breaches: readonly Breach[];
}

interface Node {
  readonly type: string;
  readonly loc: { readonly start: { readonly line: number } };
  readonly [key: string]: unknown;
}

/** @throws SyntaxError if it is no module of ES2022 */
export function readModule(source: string): Module {
  const program: unknown = parse(source, { ecmaVersion: 2022, sourceType: "module", locations: true, ranges: true });
  const imports: Mention[] = [];
  const globals: Mention[] = [];
  const breaches: Breach[] = [];
  const parents = new Map<unknown, Node>();

  walk(program as Node, (node, parent) => {
    parents.set(node, parent);
    const { line } = node.loc.start;
    switch (node.type) {
      case "ImportDeclaration":
      case "ExportNamedDeclaration":
      case "ExportAllDeclaration": {
        const from = node["source"] as { readonly value: string } | null;
        if (from) imports.push({ line, name: from.value });
        break;
      }
      case "VariableDeclarator": {
        // What a bundler makes of a class that refers to itself: an instance's name in a console, and its subclasses',
        // is wrong.
        const init = node["init"] as Node | null;
        const name = init?.type === "ClassExpression" ? nameOf(init["id"] ?? {}) : undefined;
        if (name !== undefined && name !== nameOf(node["id"]))
          breaches.push({ line, name, why: "is not the class's own name" });
        break;
      }
      case "ImportExpression":
        breaches.push({ line, name: "import()", why: "is dynamic" });
        break;
      case "MetaProperty":
        if (nameOf(node["meta"]) === "import")
          breaches.push({ line, name: "import.meta", why: "differs from runtime to runtime" });
        break;
      case "CallExpression":
      case "NewExpression":
        if (memberOf(node["callee"]) === "constructor")
          breaches.push({ line, name: "constructor()", why: "can be Function, that is eval" });
        break;
      case "MemberExpression": {
        const member = memberOf(node) ?? "";
        if (member.startsWith("toLocale") || member === "localeCompare")
          breaches.push({ line, name: member, why: "depends on the runtime's locale" });
      }
    }
  });

  const scopes = analyze(program as Parameters<typeof analyze>[0], { ecmaVersion: 2022, sourceType: "module" });
  for (const { identifier } of (scopes.globalScope as Scope).through) {
    const { name } = identifier;
    const { line } = (identifier as unknown as Node).loc.start;
    globals.push({ line, name });
    const parent = parents.get(identifier);
    if (name === "Math" && (parent?.["object"] !== identifier || (memberOf(parent) ?? "random") === "random"))
      breaches.push({ line, name: "Math.random", why: "is randomness, or Math is not used as Math.NAME" });
    if (name === "crypto" && runsAtImport(identifier, parents)) breaches.push({ line, name, why: "is used at import" });
  }
  return { imports, globals, breaches };
}

const FUNCTIONS: ReadonlySet<string> = new Set([
  "FunctionDeclaration",
  "FunctionExpression",
  "ArrowFunctionExpression",
]);

/**
 * Whether evaluating the module evaluates this: it stands in no function but those that are called where they stand.
 */
function runsAtImport(node: unknown, parents: ReadonlyMap<unknown, Node>): boolean {
  let inner = node;
  for (let outer = parents.get(inner); outer !== undefined; outer = parents.get(inner)) {
    if (FUNCTIONS.has(outer.type) && parents.get(outer)?.["callee"] !== outer) return false;
    if (outer.type === "PropertyDefinition" && outer["static"] === false && outer["value"] === inner) return false;
    inner = outer;
  }
  return true;
}

function nameOf(node: unknown): string | undefined {
  return (node as { readonly name?: string }).name;
}

/** The member that a member expression names; undefined if it is computed, or the node is another. */
function memberOf(node: unknown): string | undefined {
  const { type, computed, property } = node as Node;
  if (type !== "MemberExpression") return undefined;
  if (computed !== true) return nameOf(property);
  const { value } = property as { readonly value?: unknown };
  return typeof value === "string" ? value : undefined;
}

function walk(program: Node, visit: (node: Node, parent: Node) => void): void {
  const open: Node[] = [program];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (const value of Object.values(node)) {
      for (const child of Array.isArray(value) ? value : [value]) {
        if (typeof child !== "object" || child === null || !("type" in child)) continue;
        visit(child as Node, node);
        open.push(child as Node);
      }
    }
  }
}
