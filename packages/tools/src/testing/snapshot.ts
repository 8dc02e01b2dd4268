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
