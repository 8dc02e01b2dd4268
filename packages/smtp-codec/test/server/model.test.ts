import fc from "fast-check";
import { SmtpServerSession } from "smtp-codec";
import { drive, octets, runs } from "tools/testing";
import { expect, it } from "vitest";
import { fake } from "../support.ts";
import { type Row, rows } from "./fixture.ts";

/** What is expected of a session, by the fixture alone. */
interface Model {
  state: string;
  /** The last accepted hello was HELO: extensions are not offered. */
  helo: boolean;
  authenticated: boolean;
  closed: boolean;
}

const EXTENSIONS: ReadonlySet<string> = new Set(["AUTH", "BDAT", "ETRN", "ATRN", "XCLIENT", "XFORWARD"]);

const LINES: Readonly<Record<string, string>> = {
  ...{ HELO: "HELO x", EHLO: "EHLO x", MAIL: "MAIL FROM:<a@b>", RCPT: "RCPT TO:<c@d>", ETRN: "ETRN d.example" },
  ...{ XCLIENT: "XCLIENT ADDR=192.0.2.1", XFORWARD: "XFORWARD ADDR=192.0.2.1" },
  ...{ VRFY: "VRFY x", EXPN: "EXPN x", AUTH: "AUTH ECHO eWVz", DATA: "DATA", BDAT: "BDAT 4" },
};

/** A command, and whether the application accepts it where it is asked. */
class Send implements fc.Command<Model, SmtpServerSession> {
  readonly #row: Row;
  readonly #accepts: boolean;
  readonly #last: boolean;

  constructor(row: Row, accepts: boolean, last: boolean) {
    this.#row = row;
    this.#accepts = accepts;
    this.#last = last;
  }

  check({ closed }: Readonly<Model>): boolean {
    return !closed;
  }

  run(model: Model, session: SmtpServerSession): void {
    const { verb, cells } = this.#row;
    const suffix = verb === "BDAT" && this.#last ? " LAST\r\nQUIT" : verb === "BDAT" ? "\r\nQUIT" : "\r\n";
    const content = verb === "DATA" && cells[model.state] === "content" && this.#accepts ? "x\r\n.\r\n" : "";
    const codes: string[] = [];
    const { output } = drive(
      session,
      [octets(`${LINES[verb] ?? verb}${suffix}${content}`)],
      (event) => {
        if (event.type === "auth") session.authenticate(fake("ECHO"));
        else if (event.answer === "none" || NEVER_REFUSED.has(event.type)) return;
        else if (this.#accepts) session.accept();
        else session.reject();
      },
      false,
    );
    codes.push(...output.split("\r\n").flatMap((line) => /^(\d{3})(?: |$)/.exec(line)?.[1] ?? []));
    const expected = this.#expected(model);
    expect([verb, codes]).toEqual([verb, expected.codes]);
    model.state = expected.state;
    if (!model.closed) expect([verb, session.state]).toEqual([verb, expected.state]);
    expect(session.waiting).toBe(model.closed ? "closed" : "bytes");
  }

  toString(): string {
    return `${this.#row.verb}${this.#accepts ? "" : " refused"}${this.#last ? " last" : ""}`;
  }

  /** Codes and state as the documents have them. */
  #expected(model: Model): { readonly codes: readonly string[]; readonly state: string } {
    const { verb, cells } = this.#row;
    const { state } = model;
    const cell = cells[state]!;
    if (model.helo && state !== "refused" && EXTENSIONS.has(verb)) return { codes: ["502"], state };
    if (verb === "LHLO") return { codes: [state === "refused" ? "503" : "500"], state };
    if (verb === "BDAT") return this.#expectedOfChunk(state, cell);
    if (verb === "ATRN" && !model.authenticated && state !== "refused") return { codes: ["530"], state };
    if (/^\d/.test(cell)) return { codes: [cell], state };
    if (verb === "AUTH") {
      if (model.authenticated) return { codes: ["503"], state };
      model.authenticated = true;
      return { codes: ["235"], state: "ready" };
    }
    if (cell === "reversed" && this.#accepts) {
      model.closed = true;
      return { codes: ["250"], state };
    }
    if (verb === "QUIT") {
      model.closed = true;
      return { codes: ["221"], state };
    }
    const refused = REFUSALS[verb];
    if (!this.#accepts && refused !== undefined) return { codes: [refused], state };
    if (verb === "DATA") return { codes: ["354", "250"], state: "ready" };
    if (verb === "HELO" || verb === "EHLO" || verb === "XCLIENT") model.helo = verb === "HELO";
    if (verb === "XCLIENT") model.authenticated = false;
    return { codes: [ACCEPTED[verb] ?? "250"], state: cell };
  }

  #expectedOfChunk(state: string, cell: string) {
    const over = this.#last ? "ready" : "failed";
    if (cell === "554") return { codes: [cell], state: over };
    if (/^\d/.test(cell)) return { codes: [cell], state };
    if (!this.#accepts) return { codes: ["554"], state: over };
    return { codes: ["250"], state: this.#last ? "ready" : "chunks" };
  }
}

/** Events whose refusal the model leaves out. */
const NEVER_REFUSED: ReadonlySet<string> = new Set([
  ...["violation", "unknown", "connect", "rset", "noop", "quit", "refused", "authenticated"],
]);
const REFUSALS: Readonly<Record<string, string>> = {
  ...{ XCLIENT: "550", XFORWARD: "550" },
  ...{
    HELO: "550",
    EHLO: "550",
    MAIL: "550",
    RCPT: "550",
    DATA: "554",
    HELP: "504",
    VRFY: "550",
    EXPN: "550",
    ETRN: "459",
    ATRN: "450",
  },
};
const ACCEPTED: Readonly<Record<string, string>> = { HELP: "214", VRFY: "252", XCLIENT: "220" };

it("[SMTP-2.3.6-1] random sessions stand where the fixture says, and answer what it says", () => {
  const commands = rows
    // BURL is not SMTP's but submission's.
    .filter(({ verb }) => !["STARTTLS", "BURL"].includes(verb))
    .map((row) => fc.tuple(fc.boolean(), fc.boolean()).map(([accepts, last]) => new Send(row, accepts, last)));
  // Most sessions should come to content: the usual order is more likely than the rest.
  const usual = ["EHLO", "MAIL", "RCPT", "BDAT"].flatMap(
    (verb) => commands[rows.findIndex((row) => row.verb === verb)]!,
  );
  fc.assert(
    fc.property(fc.commands([...commands, ...usual, ...usual], { maxCommands: 30 }), (all) => {
      const session = new SmtpServerSession({
        host: "mx.example.com",
        ...{
          mechanisms: ["ECHO"],
          chunking: true,
          expn: true,
          etrn: true,
          atrn: true,
          xclient: ["ADDR"],
          xforward: ["ADDR"],
          maxErrors: Number.POSITIVE_INFINITY,
        },
      });
      drive(session, [], () => {}, false);
      fc.modelRun(
        () => ({ model: { state: "greeted", helo: false, authenticated: false, closed: false }, real: session }),
        all,
      );
    }),
    { numRuns: runs(2) },
  );
});
