/**
 * Adds properties that `JSON.stringify`, `console.log` and a spread leave out: what only the code that asks for them by
 * name should see.
 */
export function conceal<const Shown extends object, Hidden extends object>(
  shown: Shown,
  hidden: Hidden,
): Shown & Hidden {
  for (const [name, value] of Object.entries(hidden)) Object.defineProperty(shown, name, { value, enumerable: false });
  return shown as Shown & Hidden;
}
