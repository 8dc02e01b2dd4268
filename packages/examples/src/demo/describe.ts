/** What an event says in a few words. Only what is named here is shown, so nothing secret can be. */
const SHOWN: readonly string[] = [
  "code",
  "mechanism",
  "name",
  "from",
  "to",
  "outcome",
  "cause",
  "number",
  "count",
  "size",
  "uniqueId",
  "stuffedLines",
  "recipients",
  "deleted",
  "authenticationIdentity",
  "reply",
  "ok",
];

export function describe(event: { readonly type: string }): string {
  const words = [event.type];
  for (const key of SHOWN) {
    const word = show(key, (event as unknown as Record<string, unknown>)[key]);
    if (word !== null) words.push(word);
  }
  return words.join(" ");
}

function show(key: string, value: unknown): string | null {
  if (key === "ok") return value === false ? "failed" : null;
  if (typeof value === "string") return value === "" ? null : value;
  if (typeof value === "number") return `${key}=${value}`;
  if (Array.isArray(value)) return `${key}=${value.length}`;
  if (typeof value !== "object" || value === null) return null;
  if ("address" in value) return `<${value.address}>`;
  return "code" in value && typeof value.code === "number" ? String(value.code) : null;
}
