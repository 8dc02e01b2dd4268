/**
 * Adds properties that `JSON.stringify`, `console.log` and a spread leave out: what only the code that asks for them by
 * name should see.
 */
export function conceal<const Shown extends object, Hidden extends object>(
  shown: Shown,
  hidden: Hidden,
): Shown & Hidden {
  // By getters: a value would be shown by `console.log("%o")`, which shows what is not enumerable too.
  for (const [name, value] of Object.entries(hidden)) Object.defineProperty(shown, name, { get: () => value });
  return shown as Shown & Hidden;
}
