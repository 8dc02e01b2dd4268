/** A call that the object's state does not allow: the caller's mistake. The object is as it was before the call. */
export class StateError extends Error {
  override readonly name: string = "StateError";

  /**
   * @param call what was called, e.g. `accept()`
   * @param state the state it met, e.g. `ended`
   * @param legal what would have been legal in that state
   */
  constructor(call: string, state: string, legal: string) {
    super(`${call} is not possible in state "${state}"; legal now: ${legal}`);
  }
}

/** @throws StateError unless the call is one of those that are legal in this state besides `abort()` */
export function demandLegal(call: string, state: string, legal: readonly string[]): void {
  if (!legal.includes(call)) throw new StateError(call, state, [...legal, "abort()"].join(", "));
}
