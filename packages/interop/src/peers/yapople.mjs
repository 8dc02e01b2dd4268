/** Fetches the first message with yapople. Argument: JSON. Prints it in base64; exit status 1 if that failed. */
import { Client } from "yapople";

const { port, user: username, password } = JSON.parse(process.argv[2]);
const client = new Client({ host: "127.0.0.1", port, username, password });

try {
  await client.connect();
  const messages = [];
  if ((await client.count()) > 0) messages.push(Buffer.from(await client.retrieve(1)).toString("base64"));
  await client.quit();
  console.log(JSON.stringify(messages));
} catch (error) {
  console.log(error.message);
  process.exitCode = 1;
}
