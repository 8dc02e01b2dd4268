// smtp-server, which takes every message and keeps none: `smtp-server.mjs port`.
import { SMTPServer } from "smtp-server";

const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ["AUTH", "STARTTLS"],
  disableReverseLookup: true,
  logger: false,
  size: 50_000_000,
  onData: (stream, _session, callback) => {
    stream.on("end", () => callback(null));
    stream.resume();
  },
});
server.on("error", () => {});
server.listen(Number(process.argv[2]), "127.0.0.1");
