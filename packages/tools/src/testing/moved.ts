/** How many elements arrays had in all from whose front something was taken. */
export function movedBy(run: () => void): number {
  const { shift, splice } = Array.prototype;
  let moved = 0;
  const counting = {
    shift(this: unknown[]) {
      moved += this.length;
      return shift.call(this);
    },
    splice(this: unknown[], ...rest: Parameters<typeof splice>) {
      moved += this.length;
      return splice.apply(this, rest);
    },
  };
  Object.assign(Array.prototype, counting);
  try {
    run();
  } finally {
    Object.assign(Array.prototype, { shift, splice });
  }
  return moved;
}
