import fc from "fast-check";
import { plainClient, plainServer, type SaslClient, type SaslServer } from "sasl";
import { type SmtpClientEvent, SmtpClientSession, type SmtpServerEvent, SmtpServerSession } from "smtp-codec";
import { SessionPair } from "tools/testing";
import { cell, type State, type Verb } from "../../../../smtp-codec/test/pair/order.ts";
import { Finding, holds, same } from "../../finding.ts";
import type { Input } from "../../input/input.ts";
import type { Target } from "../../target.ts";

/** What the RFCs' order of commands says is so: the fixture that was written by hand. */
interface Model {
  state: State;
  tls: boolean;
  authenticated: boolean;
  /** Whether the last hello was EHLO: HELO offers nothing. */
  extended: boolean;
}

/** A client and a server in memory. */
class Real {
  readonly client: SmtpClientSession<SaslClient> = new SmtpClientSession<SaslClient>();
  readonly server: SmtpServerSession<SaslServer> = new SmtpServerSession<SaslServer>({
    host: "mx.example.com",
    starttls: true,
    mechanisms: ["PLAIN"],
    plaintextMechanismsWithoutTls: true,
  });
  /** What the server has seen, each with a number of its own in its reply. */
  count = 0;
  readonly pair = new SessionPair<SmtpClientEvent<SaslClient>, SmtpServerEvent<SaslServer>>(
    { session: this.client, answer: () => {} },
    {
      session: this.server,
      answer: (event) => {
        if (event.type === "auth") this.server.authenticate(plainServer());
        else if (event.type === "sasl")
          this.server.proceed((event.mechanism as ReturnType<typeof plainServer>).accept());
        else if (["noop", "rset", "mail", "rcpt", "message"].includes(event.type))
          this.server.accept(`number ${++this.count}`);
        else if (event.answer === "needed") this.server.accept();
      },
    },
  ).run();
}

const GIVE: Readonly<Record<Verb, (client: Real["client"]) => unknown>> = {
  EHLO: (client) => client.ehlo("client.example.com"),
  HELO: (client) => client.helo("client.example.com"),
  MAIL: (client) => client.mail("a@example.com", { content: "7bit" }),
  RCPT: (client) => client.rcpt("b@example.org"),
  DATA: (client) => client.data(),
  RSET: (client) => client.rset(),
  NOOP: (client) => client.noop(),
  VRFY: (client) => client.vrfy("b"),
  AUTH: (client) => client.auth(plainClient({ authenticationIdentity: "tim", password: "tanstaaf" })),
  STARTTLS: (client) => client.starttls(),
  QUIT: (client) => client.quit(),
};

/** A command of the model-based sequences: given to the client, answered by the server, and compared with the fixture. */
class Given implements fc.Command<Model, Real> {
  readonly verb: Verb;

  constructor(verb: Verb) {
    this.verb = verb;
  }

  /** Behind HELO it is the server's to refuse what it did not offer: no order. */
  check({ state, extended }: Readonly<Model>): boolean {
    return state !== "closed" && (extended || !["AUTH", "STARTTLS"].includes(this.verb));
  }

  run(model: Model, { client, server, pair }: Real): void {
    const { verb } = this;
    const next = cell(verb, model.state);
    const twice = (verb === "STARTTLS" && model.tls) || (verb === "AUTH" && model.authenticated);
    const before = pair.clientEvents.length;
    if (typeof next === "number" || twice) {
      const thrown = thrownBy(() => GIVE[verb](client));
      same(thrown, "StateError", `${verb} in state ${model.state}`);
      return;
    }
    GIVE[verb](client);
    pair.run();
    if (verb === "DATA") {
      client.content(new TextEncoder().encode(".\r\nx\r\n"));
      pair.run();
    }
    if (verb === "STARTTLS") Object.assign(model, { tls: true, authenticated: false, extended: false });
    if (verb === "AUTH") model.authenticated = true;
    if (verb === "EHLO" || verb === "HELO") model.extended = verb === "EHLO";
    model.state = next as State;
    const events = pair.clientEvents.slice(before).filter((event) => "ok" in event);
    holds(
      events.length >= 1 && events.every((event) => "ok" in event && event.ok),
      () => `${verb} in a legal state is accepted`,
    );
    if (model.state === "closed") same([client.waiting, server.waiting], ["closed", "closed"], "both ends are closed");
    else same(server.state, model.state, `the server's state behind ${verb}`);
    same(server.authenticated, model.authenticated, "whether the server knows who it is");
    same(client.authenticated, model.authenticated, "whether the client has logged in");
  }

  toString(): string {
    return this.verb;
  }
}

function thrownBy(call: () => unknown): string {
  try {
    call();
    return "nothing";
  } catch (error) {
    return (error as Error).name;
  }
}

const verbs = Object.keys(GIVE) as Verb[];

function run(input: Input): void {
  const commands = input.ops.flatMap((op) =>
    op.kind === "call" && verbs.includes(op.name as Verb) ? [new Given(op.name as Verb)] : [],
  );
  const real = new Real();
  fc.modelRun(
    () => ({ model: { state: "greeted" as State, tls: false, authenticated: false, extended: false }, real }),
    commands,
  );
  // Replies that name what they answer come in the order in which that was given.
  const numbers = real.pair.clientEvents.flatMap((event) => {
    const text = "reply" in event ? event.reply?.lines[0] : undefined;
    const found = /^number (\d+)$/.exec(text ?? "");
    return found === null ? [] : [Number(found[1])];
  });
  same(
    numbers,
    numbers.map((_, at) => at + 1),
    "each reply is of the command that it answers",
  );
  if (numbers.length !== real.count)
    throw new Finding(`${real.count} commands were answered, ${numbers.length} of them heard`);
}

/** Model-based command sequences between our client and our server. */
export const smtpPair: Target = {
  name: "smtp-pair",
  files: ["smtp-codec/src/server/", "smtp-codec/src/client/"],
  lines: ["NOOP\r\n"],
  calls: Object.fromEntries(verbs.map((verb) => [verb, [""]])),
  inputs: fc
    .commands<Model, Real>(
      verbs.map((verb) => fc.constant(new Given(verb))),
      { maxCommands: 20 },
    )
    .map((commands) => ({
      choices: new Uint8Array(0),
      ops: [...commands].map((command) => ({ kind: "call", name: String(command), text: "" }) as const),
    })),
  run,
};
