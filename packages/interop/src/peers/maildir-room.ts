/** A room for a server that stores each message as a file: in `tmp` while it comes, in `new` once it is whole. */
import { chown, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Inbox, inboxOfFolders } from "../ours/inbox.ts";
import { nobody } from "../system/process.ts";
import type { World } from "../world.ts";

export async function maildirRoom(
  world: World,
  name: string,
): Promise<{ readonly folder: string; readonly inbox: Inbox }> {
  const folder = await world.room(name, nobody);
  for (const path of ["new", "tmp"].map((part) => join(folder, part))) {
    await mkdir(path);
    if (nobody.uid !== undefined && nobody.gid !== undefined) await chown(path, nobody.uid, nobody.gid);
  }
  return { folder, inbox: inboxOfFolders([join(folder, "new")]) };
}
