/**
 * Imports the entry points given as arguments, in a Node whose clock and randomness cannot be touched: nothing may need
 * them at import, and nothing may change a global.
 */
const trap = (name) => () => {
  throw new Error(`${name} was used at import`);
};
globalThis.Date = new Proxy(Date, { get: trap("Date"), apply: trap("Date"), construct: trap("Date") });
globalThis.performance = new Proxy({}, { get: trap("performance") });
globalThis.setTimeout = trap("setTimeout");
Math.random = trap("Math.random");
Object.defineProperty(globalThis, "crypto", { get: trap("crypto") });

const globals = () => JSON.stringify(Object.getOwnPropertyNames(globalThis));
const before = globals();
for (const entry of process.argv.slice(2)) {
  if (Object.keys(await import(entry)).length === 0) throw new Error(`${entry} exports nothing`);
  if (globals() !== before) throw new Error(`${entry} changed the globals`);
}
