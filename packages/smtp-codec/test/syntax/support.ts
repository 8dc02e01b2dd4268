import type { Fault } from "smtp-codec/syntax";

/** The path that a parser found. */
export function located<Path>(found: { readonly path: Path } | Fault): Path {
  if ("fault" in found) throw new Error(found.text);
  return found.path;
}

/** What an object has, with what is concealed in it enumerable, so that a comparison sees it. */
export function opened(object: object): object {
  const members = Object.entries(Object.getOwnPropertyDescriptors(object));
  return Object.fromEntries(members.map(([name, { get, value = get?.() }]) => [name, value]));
}
