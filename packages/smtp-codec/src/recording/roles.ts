import type { Role } from "dot-stuffing/recording";
import type { SaslClient, SaslServer } from "dot-stuffing/session";
import type { SmtpClientOptions } from "../client/options.ts";
import { SmtpClientSession } from "../client/session.ts";
import { clientTable } from "../client/table.ts";
import type { SmtpServerOptions } from "../server/options.ts";
import { SmtpServerSession } from "../server/session.ts";
import { serverTableOf } from "../server/table.ts";
import { SmtpWire } from "./wire.ts";

/** What recordings of a server session know. */
export function serverRole<Mechanism extends SaslServer>(): Role<SmtpServerSession<Mechanism>, SmtpServerOptions> {
  return {
    name: "smtp-server",
    input: "C",
    create: (options) => new SmtpServerSession<Mechanism>(options),
    settle: (options) => options,
    rules: () => new SmtpWire(false),
    table: ({ protocol }) => serverTableOf(protocol),
    secretArguments: {},
    secretResults: {},
  };
}

/** What recordings of a client session know. */
export function clientRole<Mechanism extends SaslClient>(): Role<SmtpClientSession<Mechanism>, SmtpClientOptions> {
  return {
    name: "smtp-client",
    input: "S",
    create: (options) => new SmtpClientSession<Mechanism>(options),
    settle: (options) => options,
    rules: ({ leniencies }) => new SmtpWire(leniencies?.bareLfEndsReply ?? false),
    table: () => clientTable,
    secretArguments: { burl: ["url"] },
    secretResults: {},
  };
}
