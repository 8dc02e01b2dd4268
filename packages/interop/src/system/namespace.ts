/**
 * Programs that have paths or names of users compiled in: they run in a mount namespace of their own (unshare(1)), in
 * which files and folders of ours stand in the places of the system's. Outside of it nothing changes, and with it
 * everything is gone.
 */
import { appendFile, copyFile } from "node:fs/promises";
import { join } from "node:path";
import type { Identity } from "./process.ts";

export interface Namespace {
  /** What stands in whose place: paths of ours by paths that exist in the system. */
  readonly mounts: Readonly<Record<string, string>>;
  /** Under whose name the program runs there. Empty: root's. */
  readonly as?: Identity;
}

/** Each pair is a mount; after "--" stands the command. */
const SCRIPT = 'while [ "$1" != -- ]; do mount --bind "$1" "$2" || exit 125; shift 2; done; shift; exec "$@"';

/**
 * The command that runs a program there. Its process id is the program's.
 *
 * @throws Error unless we are root
 */
export function inNamespace(
  { mounts, as = {} }: Namespace,
  command: string,
  args: readonly string[],
): { readonly command: string; readonly args: readonly string[] } {
  if (process.getuid?.() !== 0) throw new Error("a mount namespace needs root");
  const pairs = Object.entries(mounts).flatMap(([place, ours]) => [ours, place]);
  const { uid, gid } = as;
  const identity = uid === undefined ? [] : ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
  return {
    command: "unshare",
    args: [
      "--mount",
      "--propagation",
      "private",
      "sh",
      "-c",
      SCRIPT,
      "sh",
      ...pairs,
      "--",
      ...identity,
      command,
      ...args,
    ],
  };
}

/** A user that a program looks for. */
export interface User extends Required<Identity> {
  readonly name: string;
  /** Its home. Default `"/nonexistent"`. */
  readonly home?: string;
  /** As crypt(3) has it. Default: nobody logs in. */
  readonly password?: string;
}

/** Makes the system's lists of users and groups with more in them, in a folder. @returns what they stand in for */
export async function usersWith(folder: string, users: readonly User[]): Promise<Namespace["mounts"]> {
  const line = { passwd: passwdLine, group: groupLine, shadow: shadowLine };
  const mounts: Record<string, string> = {};
  for (const name of ["passwd", "group", "shadow"] as const) {
    const path = join(folder, name);
    await copyFile(join("/etc", name), path);
    await appendFile(path, users.map((user) => `${line[name](user)}\n`).join(""));
    mounts[join("/etc", name)] = path;
  }
  return mounts;
}

const passwdLine = ({ name, uid, gid, home = "/nonexistent" }: User) => `${name}:x:${uid}:${gid}::${home}:/bin/false`;
const groupLine = ({ name, gid }: User) => `${name}:x:${gid}:`;
const shadowLine = ({ name, password = "*" }: User) => `${name}:${password}:20000:0:99999:7:::`;
