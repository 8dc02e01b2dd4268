import type { EsmtpParameter } from "../parameters/esmtp-parameter.ts";
import type { ForwardPath, ReversePath } from "../path/path.ts";
import type { AttributeCommand } from "./attributes.ts";

/** A command, its verb in upper case (RFC 5321 §4.1.1). */
export type Command =
  | HelloCommand
  | MailCommand
  | RcptCommand
  | { readonly verb: "DATA" | "RSET" | "QUIT" | "STARTTLS" }
  | { readonly verb: "NOOP" | "HELP"; readonly argument: string | null }
  | LookupCommand
  | AuthCommand
  | BdatCommand
  | BurlCommand
  | EtrnCommand
  | AtrnCommand
  | AttributeCommand
  | { readonly verb: "other"; readonly name: string; readonly argument: string | null };

/** HELO, EHLO or LHLO (RFC 5321 §4.1.1.1, RFC 2033 §4.1). */
export interface HelloCommand {
  readonly verb: "HELO" | "EHLO" | "LHLO";
  readonly name: string;
  /** `"other"`: neither a domain nor an address literal, as clients often send. */
  readonly nameKind: HelloNameKind;
  /** Text after the name, which a leniency takes; absent if there is none. */
  readonly trailing?: string;
}

/** What the name in a hello is. */
export type HelloNameKind = "domain" | "address-literal" | "other";

/** MAIL (RFC 5321 §4.1.1.2). */
export interface MailCommand {
  readonly verb: "MAIL";
  readonly from: ReversePath;
  readonly parameters: readonly EsmtpParameter[];
}

/** RCPT (RFC 5321 §4.1.1.3). */
export interface RcptCommand {
  readonly verb: "RCPT";
  readonly to: ForwardPath;
  readonly parameters: readonly EsmtpParameter[];
}

/** VRFY or EXPN (RFC 5321 §4.1.1.6, §4.1.1.7). */
export interface LookupCommand {
  readonly verb: "VRFY" | "EXPN";
  /** A user's or a list's name, or a mailbox, which `parseMailbox` reads. */
  readonly argument: string;
  /** Whether the reply may hold UTF-8 (RFC 6531 §3.7.4.2). */
  readonly smtputf8: boolean;
}

/** AUTH (RFC 4954 §4). */
export interface AuthCommand {
  readonly verb: "AUTH";
  /** In upper case. */
  readonly mechanism: string;
  /**
   * Null: absent. Zero octets: `=` was sent. A secret: in what was parsed it is not enumerable, so that no log shows
   * it.
   */
  readonly initialResponse: Uint8Array | null;
}

/** BDAT (RFC 3030 §2): so many octets of content follow. */
export interface BdatCommand {
  readonly verb: "BDAT";
  /** In octets, at most 2^53−1. */
  readonly size: number;
  readonly last: boolean;
}

/** BURL (RFC 4468 §3.5): content that the server is to fetch. */
export interface BurlCommand {
  readonly verb: "BURL";
  /**
   * Whoever has it can read the content: a secret (RFC 4468 §8). In what was parsed it is not enumerable, so that no
   * log shows it; a spread leaves it out too.
   */
  readonly url: string;
  readonly last: boolean;
}

/** ETRN (RFC 1985 §5): asks for the mail that waits for a host. */
export interface EtrnCommand {
  readonly verb: "ETRN";
  /** `"@"`: the domain and all below it. `"#"`: a queue of that name. Null: the host alone. */
  readonly option: "@" | "#" | null;
  readonly node: string;
}

/** ATRN (RFC 2645 §5.2.1): asks for the mail of these domains over this connection. */
export interface AtrnCommand {
  readonly verb: "ATRN";
  /** Null: all that the client may have. */
  readonly domains: readonly string[] | null;
}
