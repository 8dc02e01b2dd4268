import type { Fault } from "smtp-codec/syntax";

/** The path that a parser found. */
export function located<Path>(found: { readonly path: Path } | Fault): Path {
  if ("fault" in found) throw new Error(found.text);
  return found.path;
}
