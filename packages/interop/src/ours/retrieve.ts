/** Fetches messages with `Pop3Retrieval`, in the ways that the example client does not need. */
import { behind } from "dot-stuffing/streams";
import { drive } from "examples/src/transport/drive.ts";
import {
  type Pop3ClientEvent,
  Pop3ClientSession,
  Pop3Retrieval,
  type RetrievalEvent,
  type RetrievalReport,
} from "pop3-codec";
import { apopDigest } from "sasl";
import { loginOf } from "../clients.ts";
import { mechanism as mechanismNamed } from "../mechanisms.ts";
import { connectTo, type Target } from "./connect.ts";
import { UNKNOWN, unknownMechanism } from "./unknown-mechanism.ts";

export interface Retrieving extends Target {
  readonly user: string;
  /** A mechanism's name, `"APOP"`, or `"USER"`. Default `"USER"`. */
  readonly mechanism?: string;
  /** Whether it comes with the right secret. Default true. */
  readonly isRight?: boolean;
  /** Unique-ids of messages that are there already. */
  readonly known?: ReadonlySet<string>;
  readonly afterFetching?: "leave" | "remove";
  /** The report of a retrieval that was cut. */
  readonly resume?: RetrievalReport;
  /** Whether messages are kept, and not only counted. Default true. */
  readonly keep?: boolean;
  /** What is done in the place of a retrieval. */
  readonly visit?: (session: Pop3ClientSession) => void;
}

export interface Retrieved {
  /** In the order in which they came, whole ones alone. */
  readonly messages: readonly { readonly uniqueId: string | null; readonly octets: Uint8Array }[];
  readonly report: RetrievalReport | null;
  /** What `visit` led to. */
  readonly events: readonly Pop3ClientEvent[];
  /** Why there was no login; null: there was one. */
  readonly failure: string | null;
}

/** @throws Error if it did not come to a connection, or the server breaks the protocol */
export async function retrieve(options: Retrieving): Promise<Retrieved> {
  const { tls, user, mechanism = "USER", isRight = true, keep = true, visit } = options;
  const { known = new Set<string>(), afterFetching = "leave", resume } = options;
  const { channel, connection } = await connectTo(options);
  const session = new Pop3ClientSession({ tls: tls === "implicit TLS", plaintextWithoutTls: tls === "none" });
  const messages: { uniqueId: string | null; octets: Uint8Array }[] = [];
  const events: Pop3ClientEvent[] = [];
  let pieces: Uint8Array[] = [];
  let retrieval: Pop3Retrieval | null = null;
  let report: RetrievalReport | null = null;
  let failure: string | null = null;
  let fault: string | null = null;
  let asked = false;
  let visited = false;

  const on = (event: Pop3ClientEvent | RetrievalEvent): void => {
    switch (event.type) {
      case "login":
        if (!event.ok) failure ??= event.failure;
        break;
      case "auth":
        if (!event.ok) failure ??= event.text ?? event.response?.text ?? "no response";
        break;
      case "content":
        if (keep) pieces.push(event.bytes.slice());
        break;
      case "fetched":
        if (keep) messages.push({ uniqueId: event.message.uniqueId, octets: Buffer.concat(pieces) });
        pieces = [];
        break;
      case "refused":
        pieces = [];
        break;
      case "done":
        report = event.report;
        break;
      case "violation":
        if (event.fatal) fault ??= `${event.code}: ${event.text}`;
        break;
    }
    if (visited) events.push(event as Pop3ClientEvent);
  };

  const decide = (): void => {
    if (failure !== null || visited) session.quit();
    else if (!asked) {
      asked = true;
      logIn();
    } else if (visit !== undefined) {
      visited = true;
      visit(session);
    } else retrieval = new Pop3Retrieval(session, { known, afterFetching, resume });
  };

  const logIn = (): void => {
    const login = loginOf({ user, mechanism, isRight });
    const place = { service: "pop", host: "localhost", binding: null } as const;
    const choose = (offered: readonly string[]) => {
      if (mechanism === UNKNOWN) return unknownMechanism;
      return offered.includes(mechanism) ? mechanismNamed(mechanism).client(login, place) : null;
    };
    session.login({
      ...(mechanism === "USER" || mechanism === "APOP"
        ? { name: user, method: mechanism }
        : { choose, method: "AUTH" }),
      ...(mechanism === "USER" && { password: login.secret }),
      ...(mechanism === "APOP" && { apop: (timestamp: string) => apopDigest(timestamp, login.secret) }),
      stls: tls === "STARTTLS" ? "required" : "never",
    });
  };

  await drive(
    behind<Pop3ClientEvent | RetrievalEvent>(session, () => retrieval),
    connection,
    { on, decide },
  );
  if (fault !== null) throw new Error(`the server broke the protocol: ${fault}`);
  if (tls !== "none" && channel.channelBindings.length === 0) throw new Error("it was not as secret as it was to be");
  return { messages, report, events, failure };
}
