/** As much of a message as is searched for what a server has added. In octets. */
const TOP = 8192;

/**
 * A message without what a server is known to add at the top of it.
 *
 * @param added each is taken out once, where it is found first
 * @throws Error unless all of it is there
 */
export function withoutAdded(added: readonly RegExp[], octets: Uint8Array): Uint8Array {
  let top = Buffer.from(octets.subarray(0, TOP)).toString("latin1");
  for (const one of added) {
    const found = one.exec(top);
    if (found === null) throw new Error(`${one} is missing in ${JSON.stringify(top.slice(0, 300))}`);
    top = top.slice(0, found.index) + top.slice(found.index + found[0].length);
  }
  return Buffer.concat([Buffer.from(top, "latin1"), octets.subarray(TOP)]);
}
