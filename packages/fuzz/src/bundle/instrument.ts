import { type Node, parse } from "acorn";

/** JavaScript whose blocks count how often they were entered. */
export interface Instrumented {
  readonly code: string;
  /** How many blocks it has. */
  readonly count: number;
}

/** Statements whose parts are blocks, and expressions whose parts are evaluated or not. */
const STATEMENTS: Readonly<Record<string, readonly string[]>> = {
  IfStatement: ["consequent", "alternate"],
  ForStatement: ["body"],
  ForOfStatement: ["body"],
  ForInStatement: ["body"],
  WhileStatement: ["body"],
  DoWhileStatement: ["body"],
  CatchClause: ["body"],
};
const EXPRESSIONS: Readonly<Record<string, readonly string[]>> = {
  ConditionalExpression: ["consequent", "alternate"],
  LogicalExpression: ["right"],
};

type Tree = Node & { readonly [name: string]: unknown };

/**
 * Puts a counter into every function, branch, loop, case and operand that need not be evaluated. Lines stay where they
 * are.
 *
 * @param counters the name of the array of counters
 * @param base the number of the first counter
 */
export function instrument(source: string, counters: string, base: number): Instrumented {
  const opens = new Map<number, string>();
  const closes = new Map<number, string>();
  let count = 0;
  const counted = () => `${counters}[${base + count++}]++`;
  const open = (at: number, text: string) => opens.set(at, (opens.get(at) ?? "") + text);
  // Outer ones are met first, and close last.
  const close = (at: number, text: string) => closes.set(at, text + (closes.get(at) ?? ""));

  const block = (node: Tree) => {
    if (node.type === "BlockStatement") open(node.start + 1, `${counted()};`);
    else {
      open(node.start, `{${counted()};`);
      close(node.end, "}");
    }
  };
  const expression = (node: Tree) => {
    open(node.start, `(${counted()},`);
    close(node.end, ")");
  };
  const visit = (node: Tree) => {
    if (/Function/.test(node.type)) {
      const body = node["body"] as Tree;
      if (body.type === "BlockStatement") block(body);
      else expression(body);
    }
    for (const part of STATEMENTS[node.type] ?? []) if (node[part]) block(node[part] as Tree);
    for (const part of EXPRESSIONS[node.type] ?? []) expression(node[part] as Tree);
    const [first] = node.type === "SwitchCase" ? (node["consequent"] as Tree[]) : [];
    if (first !== undefined) open(first.start, `${counted()};`);
    for (const value of Object.values(node)) for (const child of [value].flat()) if (isNode(child)) visit(child);
  };
  visit(parse(source, { ecmaVersion: 2022, sourceType: "module" }) as unknown as Tree);

  let code = "";
  let from = 0;
  for (const at of [...new Set([...opens.keys(), ...closes.keys()])].sort((one, other) => one - other)) {
    code += source.slice(from, at) + (closes.get(at) ?? "") + (opens.get(at) ?? "");
    from = at;
  }
  return { code: code + source.slice(from), count };
}

function isNode(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}
