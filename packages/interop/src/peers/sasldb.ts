import { PASSWORD, type World } from "../world.ts";

/** Makes Cyrus SASL's database of passwords, with one user, `name@realm`. */
export async function makeSasldb(world: World, file: string, user: string): Promise<void> {
  const [name = "", realm = ""] = user.split("@");
  await world.require("saslpasswd2", ["-p", "-c", "-f", file, "-u", realm, name], { input: `${PASSWORD}\n` });
}
