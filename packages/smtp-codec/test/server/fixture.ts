import type { ServerState, ServerVerb } from "smtp-codec";

/** The states as the documents speak of them. */
export const STATES: readonly ServerState[] = ["greeted", "ready", "mail", "rcpt", "chunks", "failed", "refused"];

/** A command's row. */
export interface Row {
  readonly verb: ServerVerb;
  readonly cells: Readonly<Record<string, string>>;
}

// Transcribed by hand from RFC 5321 §4.1.4, RFC 3207 §4.2, RFC 4954 §4, RFC 3030 §2 and §3, RFC 4468 §3.2, RFC 1985 §5,
// RFC 2645 §5.2.1, Postfix's READMEs: what an accepted command leads to; a number is the reply without asking anybody.
const SMTP = `
  HELO      ready    ready    ready    ready    ready    ready    503
  EHLO      ready    ready    ready    ready    ready    ready    503
  LHLO      ready    ready    ready    ready    ready    ready    503
  MAIL      503      mail     503      503      503      503      503
  RCPT      503      503      rcpt     rcpt     503      503      503
  DATA      503      503      554      content  503      503      503
  BDAT      503      503      554      chunks   chunks   503      503
  BURL      503      503      554      chunks   chunks   503      503
  RSET      greeted  ready    ready    ready    ready    ready    503
  NOOP      greeted  ready    mail     rcpt     chunks   failed   503
  HELP      greeted  ready    mail     rcpt     chunks   failed   503
  VRFY      greeted  ready    mail     rcpt     chunks   failed   503
  EXPN      greeted  ready    mail     rcpt     chunks   failed   503
  AUTH      503      sasl     503      503      503      503      503
  STARTTLS  503      tls      503      503      503      503      503
  ETRN      503      ready    503      503      503      503      503
  ATRN      503      reversed 503      503      503      503      503
  XCLIENT   503      greeted  503      503      503      503      503
  XFORWARD  503      ready    503      503      503      503      503
  QUIT      closed   closed   closed   closed   closed   closed   closed`;

// RFC 2033 §4.2
const LMTP = SMTP.replace("503      503      554      content", "503      503      503      content").replace(
  "503      503      554      chunks",
  "503      503      503      chunks",
);

function parse(table: string): readonly Row[] {
  return table
    .trim()
    .split("\n")
    .map((row) => row.trim().split(/ +/))
    .map(([verb, ...cells]) => ({
      verb: verb as ServerVerb,
      cells: Object.fromEntries(STATES.map((state, index) => [state, cells[index]!])),
    }));
}

export const rows: readonly Row[] = parse(SMTP);
export const lmtpRows: readonly Row[] = parse(LMTP);
