interface Snapshot {
  readonly data: unknown;
}

/** A session's snapshot with other data. */
export function withData<Of extends Snapshot>(snapshot: Of, changed: object): Of {
  return { ...snapshot, data: { ...(snapshot.data as object), ...changed } };
}

/** A session's snapshot with something else in its memory. */
export function withMemory<Of extends Snapshot>(snapshot: Of, changed: object): Of {
  const { memory } = snapshot.data as { readonly memory: object };
  return withData(snapshot, { memory: { ...memory, ...changed } });
}

/** What is hardly ever right. Undefined: the field is missing. */
const ODD = [undefined, null, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60, "x", true, [], {}];

/** Copies of plain data, each with one field, at whatever depth, that is something else, and what was done to it. */
export function* spoilt<Of extends object>(data: Of): Generator<readonly [change: string, spoilt: Of]> {
  for (const [name, value] of Object.entries(data)) {
    const withField = (other: unknown): Of =>
      (Array.isArray(data) ? Object.assign([...data], { [name]: other }) : { ...data, [name]: other }) as Of;
    for (const odd of ODD) yield [`${name}=${odd}`, withField(odd)];
    if (typeof value !== "object" || value === null || value instanceof Uint8Array) continue;
    for (const [change, part] of spoilt(value)) yield [`${name}.${change}`, withField(part)];
  }
}
