/** Visits a maildrop with node-pop3. Argument: JSON, see node-pop3.ts. Prints what it got; exit status 3 if it was refused. */
import { readFileSync } from "node:fs";
import Pop3Command from "node-pop3";

const { port, ca, tls, user, password, action } = JSON.parse(process.argv[2]);
const pop3 = new Pop3Command({
  host: "127.0.0.1",
  port,
  user,
  password,
  timeout: 20_000,
  tls,
  servername: "localhost",
  ...(tls && { tlsOptions: { ca: readFileSync(ca) } }),
});

/** The octets: its own methods make a string of them. */
async function octetsOf(...command) {
  const [, stream] = await pop3.command(...command);
  return Buffer.concat(await stream.toArray());
}

try {
  await pop3._connect();
  const actions = {
    retr: async () => {
      const messages = [];
      for (const [number] of await pop3.LIST()) messages.push((await octetsOf("RETR", number)).toString("base64"));
      return messages;
    },
    list: async () => [await pop3.STAT(), await pop3.LIST(), await pop3.UIDL()],
    top: () => pop3.TOP(1, 0),
    dele: () => pop3.DELE(1),
    rset: async () => [await pop3.DELE(1), await pop3.RSET()],
  };
  const result = await actions[action]();
  await pop3.QUIT();
  console.log(JSON.stringify(result));
} catch (error) {
  console.log(error.message);
  process.exitCode = error.eventName === "error" ? 3 : 4;
}
