/**
 * What is made of an object, once for each. What `make` throws is kept nowhere.
 *
 * @param made what was made so far: one map for each `make`
 */
export function once<Key extends object, Made extends object>(
  made: WeakMap<Key, Made>,
  key: Key,
  make: (key: Key) => Made,
): Made {
  let found = made.get(key);
  if (found === undefined) made.set(key, (found = make(key)));
  return found;
}
