import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { SmtpServerSession } from "smtp-codec";
import { describe, expect, it } from "vitest";
import { IncomingMessage } from "../src/storage/incoming-message.ts";
import { writeDurably } from "../src/storage/new-file.ts";
import { setPassword, Users } from "../src/storage/users.ts";
import { octets } from "./support.ts";
import { contents, folder } from "./world.ts";

/** A message for a folder, and the replies that it made. */
async function incoming(path?: string) {
  const place = path ?? (await folder());
  const replies: unknown[] = [];
  const session = new SmtpServerSession({ host: "mx.example.com" });
  session.reject = (reply) => {
    replies.push(reply);
    return session;
  };
  const message = new IncomingMessage(place, session);
  return { place, replies, message };
}

const LATER = { code: 452, enhanced: "4.3.1", text: "cannot store it now" };

describe("an incoming message", () => {
  it("is a file of that name, with its head, and nothing else", async () => {
    const { place, replies, message } = await incoming();
    await message.write(octets("one"), () => "head ");
    await message.write(octets(" two"), () => "never ");
    expect(await message.commit(join(place, "a.eml"))).toBe(true);
    expect(await message.commit(join(place, "b.eml"), { head: () => "head alone" })).toBe(true);
    expect((await readdir(place)).sort()).toEqual(["a.eml", "b.eml"]);
    expect(await contents(place, "a.eml")).toEqual(["head one two"]);
    expect(await contents(place, "b.eml")).toEqual(["head alone"]);
    expect(replies).toEqual([]);
  });

  it("leaves nothing when it is forgotten, neither a file nor octets for the next one", async () => {
    const { place, message } = await incoming();
    await message.write(octets("forgotten"));
    expect(await readdir(place)).toHaveLength(1);
    await message.forget();
    expect(await readdir(place)).toEqual([]);
    await message.write(octets("next"));
    expect(await message.commit(join(place, "a.eml"))).toBe(true);
    expect(await contents(place)).toEqual(["next"]);
    await message.forget(); // of one that is stored
    expect(await contents(place)).toEqual(["next"]);
  });

  it("is refused, and leaves nothing, where what has to be there before it cannot be stored", async () => {
    const { place, replies, message } = await incoming();
    await message.write(octets("x"));
    const before = () => Promise.reject(new Error("full"));
    expect(await message.commit(join(place, "a.eml"), { before })).toBe(false);
    expect([replies, await readdir(place)]).toEqual([[LATER], []]);
    const order: string[] = [];
    await message.write(octets("y"));
    await message.commit(join(place, "b.eml"), { before: async () => void order.push(...(await readdir(place))) });
    expect(order).toEqual([expect.stringMatching(/^\..*\.tmp$/)]);
  });

  it("is refused where it cannot be written, or get its name", async () => {
    const path = join(await folder(), "file");
    await writeDurably(path, "in the place of the folder");
    const unwritable = await incoming(path);
    await unwritable.message.write(octets("x"));
    expect(unwritable.replies).toEqual([LATER]);
    const { place, replies, message } = await incoming();
    await message.write(octets("x"));
    expect(await message.commit(join(place, "no", "such", "folder"))).toBe(false);
    expect([replies, await readdir(place)]).toEqual([[LATER], []]);
  });
});

describe("a file of users", () => {
  it("takes nobody for somebody whose name begins with theirs", async () => {
    const path = join(await folder(), "users");
    await setPassword(path, "bobby", "first");
    await setPassword(path, "bob", "builder");
    await setPassword(path, "bob", "second");
    const users = await Users.load(path);
    expect([users.isPassword("bobby", "first"), users.isPassword("bob", "second")]).toEqual([true, true]);
    expect([users.isPassword("bob", "builder"), users.isPassword("bo", "second")]).toEqual([false, false]);
    const lines = (await contents(join(path, ".."), "users"))[0]!.split("\n");
    expect(lines.map((line) => line.split(" ")[0])).toEqual(["bobby", "bob", ""]);
  });
});
