/** A table of what each command does in each state. Sessions run from it, so nobody may change it, or a row of it. */
export function transitions<Table extends object>(table: Table): Readonly<Table> {
  for (const row of Object.values(table)) Object.freeze(row);
  return Object.freeze(table);
}
