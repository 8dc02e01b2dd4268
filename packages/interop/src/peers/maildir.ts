/**
 * Maildirs: a file a message, in `tmp` while it comes, in `new` once it is whole, in `cur` once somebody has seen it.
 */
import { chown, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Inbox, inboxOfFolders } from "../ours/inbox.ts";
import { type Identity, nobody } from "../system/process.ts";
import type { World } from "../world.ts";

/** A room that is a Maildir, for a server that stores what it takes. */
export async function maildirRoom(
  world: World,
  name: string,
): Promise<{ readonly folder: string; readonly inbox: Inbox }> {
  const folder = await world.room(name, nobody);
  await makeFolders(["new", "tmp"].map((part) => join(folder, part)));
  return { folder, inbox: inboxOfFolders([join(folder, "new")]) };
}

/** Makes folders that are nobody's, where they are missing. */
export async function makeFolders(paths: readonly string[], { uid, gid }: Identity = nobody): Promise<void> {
  for (const path of paths) {
    await mkdir(path, { recursive: true });
    if (uid !== undefined && gid !== undefined) await chown(path, uid, gid);
  }
}

/** How many files were written: none has the name of one that was there before. */
let count = 1_000_000_000;

/** Makes these the only messages of a Maildir; their names are in their order. */
export async function fillMaildir(maildir: string, messages: readonly Uint8Array[], lineEnd = "\r\n"): Promise<void> {
  const folders = ["new", "cur", "tmp"].map((name) => join(maildir, name));
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
  await makeFolders([maildir, ...folders]);
  for (const octets of messages) {
    const path = join(maildir, "new", `${count++}.M1.example`);
    const text =
      lineEnd === "\r\n"
        ? octets
        : Buffer.from(Buffer.from(octets).toString("latin1").replaceAll("\r\n", lineEnd), "latin1");
    await writeFile(path, text);
    const { uid, gid } = nobody;
    if (uid !== undefined && gid !== undefined) await chown(path, uid, gid);
  }
}
