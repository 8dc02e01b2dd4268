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
  /** Begins to iterate anew. What it gives calls `next` and `return` of the iterator. */
  iterate(): (member: "next" | "return") => unknown;
}

/** An object, or a function, with the members that a form names, each of them led to what stands behind it. */
export function facadeOf({ methods, fields }: OutsideForm, behind: Behind): object {
  if (methods === null) return (...args: readonly unknown[]) => behind.call(CALL, args);
  const facade = {};
  for (const name of methods) {
    const value =
      name === ITERATE ? () => iteratorOf(behind) : (...args: readonly unknown[]) => behind.call(name, args);
    Object.defineProperty(facade, name === ITERATE ? Symbol.iterator : name, { value, enumerable: true });
  }
  for (const name of fields) Object.defineProperty(facade, name, { get: () => behind.read(name), enumerable: true });
  return facade;
}

function iteratorOf(behind: Behind): { readonly next: () => unknown; readonly return: () => unknown } {
  const call = behind.iterate();
  return { next: () => call("next"), return: () => call("return") };
}

/** The name that a function's calls have. */
const CALL = "call";
/** The name of the method that gives an iterator. */
export const ITERATE = "[Symbol.iterator]";
/** Members that an iterator has of its own: what iterates asks them through {@link ITERATE}. */
const OF_ITERATORS: readonly string[] = ["next", "return", "throw"];
/** What all iterators inherit from: how much it has depends on the runtime. */
const ITERATOR: object = Object.getPrototypeOf(Object.getPrototypeOf([].values()));

/** The form of a value that is no data, because something in it can be called; null: it is data. */
export function formOf(value: object, number: number): OutsideForm | null {
  if (typeof value === "function") return { $outside: number, methods: null, fields: [] };
  if (isCollection(value)) return null;
  const iterates = Symbol.iterator in value;
  const methods = new Set<string>(iterates ? [ITERATE] : []);
  const fields = new Set<string>();
  const left = ["constructor", ...(iterates ? OF_ITERATORS : [])];
  for (let at = value; at !== null && at !== Object.prototype && at !== ITERATOR; at = Object.getPrototypeOf(at)) {
    for (const [name, { value: member }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (!left.includes(name)) (typeof member === "function" ? methods : fields).add(name);
    }
  }
  return methods.size === 0 ? null : { $outside: number, methods: [...methods].sort(), fields: [...fields].sort() };
}

/** Values that data consists of besides plain objects. */
export function isCollection(value: object): boolean {
  return Array.isArray(value) || value instanceof Uint8Array || value instanceof Map || value instanceof Set;
}
