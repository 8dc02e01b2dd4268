/** An object or a function of the application, as a recording has it: by its number and the names of its members. */
export interface OutsideForm {
  readonly $outside: number;
  /** Null: a function, whose one member is itself. */
  readonly methods: readonly string[] | null;
  readonly fields: readonly string[];
}

/** What becomes of a facade's members when they are asked for. */
export interface Behind {
  call(member: string, args: readonly unknown[]): unknown;
  read(field: string): unknown;
}

/** An object, or a function, with the members that a form names, each of them led to what stands behind it. */
export function facadeOf({ methods, fields }: OutsideForm, behind: Behind): object {
  if (methods === null) return (...args: readonly unknown[]) => behind.call(CALL, args);
  const facade = {};
  for (const name of methods) {
    const value =
      name === ITERATE
        ? () => ({ next: () => behind.call("next", []), return: () => behind.call("return", []) })
        : (...args: readonly unknown[]) => behind.call(name, args);
    Object.defineProperty(facade, name === ITERATE ? Symbol.iterator : name, { value, enumerable: true });
  }
  for (const name of fields) Object.defineProperty(facade, name, { get: () => behind.read(name), enumerable: true });
  return facade;
}

/** The name that a function's calls have. */
export const CALL = "call";
/** The name of the method that gives an iterator. */
export const ITERATE = "[Symbol.iterator]";

/** The form of a value that is no data, because something in it can be called; null: it is data. */
export function formOf(value: object, number: number): OutsideForm | null {
  if (typeof value === "function") return { $outside: number, methods: null, fields: [] };
  if (isCollection(value)) return null;
  if (Symbol.iterator in value) return { $outside: number, methods: [ITERATE], fields: [] };
  const methods = new Set<string>();
  const fields = new Set<string>();
  for (let at = value; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const [name, { value: member }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (name !== "constructor") (typeof member === "function" ? methods : fields).add(name);
    }
  }
  return methods.size === 0 ? null : { $outside: number, methods: [...methods].sort(), fields: [...fields].sort() };
}

/** Values that data consists of besides plain objects. */
export function isCollection(value: object): boolean {
  return Array.isArray(value) || value instanceof Uint8Array || value instanceof Map || value instanceof Set;
}
