/** How many elements arrays had in all from whose front something was taken. */
export function movedBy(run: () => void): number {
  const { shift, splice } = Array.prototype;
  return counted(run, (add) => ({
    shift(this: unknown[]) {
      add(this.length);
      return shift.call(this);
    },
    splice(this: unknown[], ...rest: Parameters<typeof splice>) {
      add(this.length);
      return splice.apply(this, rest);
    },
  }));
}

/** How many elements arrays had in all that were gone through or copied by a spread. */
export function walkedBy(run: () => void): number {
  const { values } = Array.prototype;
  return counted(run, (add) => ({
    [Symbol.iterator](this: unknown[]) {
      add(this.length);
      return values.call(this);
    },
  }));
}

function counted(run: () => void, counting: (add: (count: number) => void) => object): number {
  let count = 0;
  const methods = counting((more) => {
    count += more;
  });
  const before = Reflect.ownKeys(methods).map((key) => [key, Reflect.get(Array.prototype, key)] as const);
  Object.assign(Array.prototype, methods);
  try {
    run();
  } finally {
    for (const [key, method] of before) Reflect.set(Array.prototype, key, method);
  }
  return count;
}
