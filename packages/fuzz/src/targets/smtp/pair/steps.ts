import { octets } from "tools/testing";
import { latin1 } from "../../../finding.ts";
import { abort, answerDataCommand, begin, drop, end, unwritable, write } from "./content.ts";
import { MAILS, mail, RCPTS, rcpt } from "./envelope.ts";
import { auth, hello, starttls, xclient } from "./greeting.ts";
import { answer, close, judged, leadsTo, type Model, outOfPlace, send } from "./model.ts";
import { command, mayBeforeTls, offers, type Step } from "./step.ts";

const PIECES = ["x\r\n", ".\r\n", "..dots\n.b", "a\rb", "\r", "\n", "", "\r\n.\r\n", "caf\xe9\r\n", "y".repeat(66_000)];

/** A piece of content, the last one or not. */
function piece(ends: boolean): Step {
  const fold = (text: string) => latin1(octets(text));
  return {
    texts: PIECES,
    free: true,
    settles: (model, text) => unwritable(model, fold(text), ends) === "closes",
    throws: (model, text) => unwritable(model, fold(text), ends).replace("closes", ""),
    give({ client }, text) {
      if (ends) client.now.end(octets(text));
      // Each piece is a chunk of its own, unless it has ended the session.
      else if (client.now.write(octets(text)).contentNumber !== null) client.now.flush();
    },
    given(model, text) {
      if (unwritable(model, fold(text), ends) === "closes") {
        abort(model);
        close(model, "content-not-7bit");
      } else if (ends) end(model, fold(text));
      else write(model, fold(text));
    },
  };
}

const ended: Step = { ...piece(true), texts: [""], free: false, give: ({ client }) => client.now.end() };

const aborted: Step = {
  texts: [""],
  // After DATA it ends the connection.
  settles: ({ client }) => client.writing?.form === "data",
  throws: ({ client }) => (client.writing === null ? "StateError" : ""),
  give: ({ client }) => client.now.abort(),
  given(model) {
    const { form } = model.client.writing!;
    abort(model);
    if (form === "data") close(model, "aborted");
    else send(model);
  },
};

const data: Step = (() => {
  const step = command({
    verb: "DATA",
    may: ({ client }) => client.declared !== "binary",
    give: ({ client }) => client.now.data(),
  });
  return {
    ...step,
    given(model) {
      model.client.expected = "content";
      model.given.push({
        verb: "DATA",
        sent: false,
        answered: () => answerDataCommand(model, outOfPlace(model, "DATA")),
      });
      send(model);
    },
  };
})();

const bdat = (eager: boolean): Step => ({
  texts: [""],
  throws: (model) =>
    typeof leadsTo("BDAT", model.client.expected) === "string" && offers(model, "CHUNKING") ? "" : "StateError",
  give: ({ client }) => client.now.bdat({ eager }),
  given: (model) => begin(model, "chunks", eager),
});

/** The connection ends in the middle of things: by the server, or since the client has waited for too long. */
const cutOff = (cause: "reply-421" | "timeout", give: Step["give"]): Step => ({
  texts: [""],
  settles: () => true,
  throws: () => "",
  give,
  given(model) {
    if (model.client.writing !== null) abort(model, cause === "timeout" ? null : { code: 421, by: 0 });
    close(model, cause);
  },
});

/** The server's application knows everybody but nobody. */
const lookedUp = (model: Model, text: string, code: number) => judged(model, text === "nobody" ? 550 : code);

/** By the names that calls have in an input. */
export const STEPS: Readonly<Record<string, Step>> = {
  ehlo: hello("EHLO"),
  helo: hello("HELO"),
  starttls,
  auth: auth("auth"),
  authWrong: auth("authWrong"),
  authTwoStep: auth("authTwoStep"),
  authForced: auth("authForced"),
  authDigest: auth("authDigest"),
  authDigestWrong: auth("authDigestWrong"),
  xclient: xclient(false),
  xclientLogin: xclient(true),
  ...Object.fromEntries(Object.entries(MAILS).map(([name, of]) => [name, mail(name, of)])),
  ...Object.fromEntries(Object.entries(RCPTS).map(([name, of]) => [name, rcpt(of)])),
  data,
  bdat: bdat(false),
  bdatEager: bdat(true),
  write: piece(false),
  end: ended,
  endWith: piece(true),
  abort: aborted,
  rset: command({
    verb: "RSET",
    give: ({ client }) => client.now.rset(),
    done: (model) => drop(model, model.server.state === "greeted" ? "greeted" : "ready"),
  }),
  noop: command({ verb: "NOOP", give: ({ client }) => client.now.noop() }),
  help: command({ verb: "HELP", give: ({ client }) => client.now.help(), served: (model) => answer(model, 214) }),
  vrfy: command({
    verb: "VRFY",
    texts: ["tim", "nobody"],
    may: mayBeforeTls,
    give: ({ client }, text) => client.now.vrfy(text),
    served: (model, text) => lookedUp(model, text, 252),
  }),
  expn: command({
    verb: "EXPN",
    texts: ["list", "nobody"],
    may: (model) => mayBeforeTls(model) && offers(model, "EXPN"),
    give: ({ client }, text) => client.now.expn(text),
    served: (model, text) => lookedUp(model, text, 250),
  }),
  etrn: command({
    verb: "ETRN",
    may: (model) => offers(model, "ETRN"),
    give: ({ client }) => client.now.etrn("@example.com"),
  }),
  atrn: command({
    verb: "ATRN",
    may: (model) => offers(model, "ATRN"),
    give: ({ client }) => client.now.atrn(),
    done: (model) => close(model, "reversed"),
  }),
  xforward: command({
    verb: "XFORWARD",
    may: (model) => offers(model, "XFORWARD"),
    give: ({ client }) => client.now.xforward([{ name: "NAME", value: "a.example" }]),
    done({ server }) {
      server.forwarded = ["NAME a.example"];
    },
  }),
  quit: command({
    verb: "QUIT",
    give: ({ client }) => client.now.quit(),
    served: (model) => answer(model, 221),
    done: (model) => close(model, "quit"),
  }),
  shutdown: cutOff("reply-421", ({ server }) => server.now.shutdown()),
  timeout: cutOff("timeout", ({ client }) => client.now.timedOut()),
  restore: {
    texts: [""],
    throws: () => "",
    give({ client, server }) {
      client.fork();
      server.fork();
    },
    given: () => {},
  },
};
