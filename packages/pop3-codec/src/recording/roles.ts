import type { Role } from "dot-stuffing/recording";
import type { SaslClient, SaslServer } from "dot-stuffing/session";
import type { Pop3ClientOptions } from "../client/options.ts";
import { Pop3ClientSession } from "../client/session.ts";
import { clientTable } from "../client/table.ts";
import type { Pop3ServerOptions } from "../server/options.ts";
import { Pop3ServerSession } from "../server/session.ts";
import { serverTable } from "../server/table.ts";
import { makeTimestamp } from "../server/timestamp.ts";
import { Pop3Wire } from "./wire.ts";

/** What recordings of a server session know. */
export function serverRole<Mechanism extends SaslServer>(): Role<Pop3ServerSession<Mechanism>, Pop3ServerOptions> {
  return {
    name: "pop3-server",
    input: "C",
    create: (options) => new Pop3ServerSession<Mechanism>(options),
    settle: (options) => {
      new Pop3ServerSession<Mechanism>(options); // refuses what is no option by its own name
      return { ...options, apop: pinned(options.apop ?? null) };
    },
    rules: ({ leniencies }) => new Pop3Wire(leniencies?.bareLineFeed ? "C" : null),
    table: () => serverTable,
    secretArguments: {},
    secretResults: {},
  };
}

/** What recordings of a client session know. */
export function clientRole<Mechanism extends SaslClient>(): Role<Pop3ClientSession<Mechanism>, Pop3ClientOptions> {
  return {
    name: "pop3-client",
    input: "S",
    create: (options) => new Pop3ClientSession<Mechanism>(options),
    settle: (options) => options,
    rules: ({ leniencies }) => new Pop3Wire(leniencies?.bareLineFeed ? "S" : null),
    table: () => clientTable,
    secretArguments: { pass: ["password"], apop: [null, "digest"] },
    secretResults: { apop: "digest" },
  };
}

/** The timestamp that would be drawn at random is drawn here, so that a replay has the same. */
function pinned(apop: Apop): Apop {
  const timestamp = makeTimestamp(apop);
  return timestamp === null ? null : { timestamp };
}

type Apop = NonNullable<Pop3ServerOptions["apop"]> | null;
