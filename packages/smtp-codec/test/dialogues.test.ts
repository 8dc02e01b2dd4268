import { readdirSync, readFileSync } from "node:fs";
import {
  type SmtpClientEvent,
  SmtpClientSession,
  type SmtpServerEvent,
  type SmtpServerOptions,
  SmtpServerSession,
} from "smtp-codec";
import { octets, parseTranscript, pull, type TranscriptFile, text } from "tools/testing";
import { describe, expect, it } from "vitest";

const folder = new URL("./dialogues/", import.meta.url);
const dialogues = readdirSync(folder).map((name) => parseTranscript(readFileSync(new URL(name, folder), "utf8")));

const wire = (lines: readonly string[]) => lines.map((line) => `${line}\r\n`).join("");

/** An application that gives the printed replies, one an event. */
class Server {
  readonly events: SmtpServerEvent[] = [];
  readonly session: SmtpServerSession;
  readonly #host: string;
  /** The first lines of the replies. */
  readonly #replies: string[];

  constructor({ options, lines }: TranscriptFile) {
    const own = options.server as Partial<SmtpServerOptions> & { readonly host: string };
    this.session = new SmtpServerSession(own);
    this.#host = own.host;
    const said = lines.filter(({ from }) => from === "S").map(({ printed }) => printed);
    this.#replies = said.filter((_, index) => said[index - 1]?.[3] !== "-");
  }

  take(input: string): string {
    this.session.receive(octets(input));
    return text(pull<SmtpServerEvent>(this.session, (event) => this.#answer(event)));
  }

  #answer(event: SmtpServerEvent): void {
    this.events.push(event);
    if (event.answer === "none") return;
    const reply = this.#replies.shift()!;
    const code = Number(reply.slice(0, 3));
    // Where a reply begins with the host, the session writes it; the greeting is an option.
    const named = event.type === "ehlo" || event.type === "quit";
    const words = reply.slice(4).replace(named ? /^\S+ ?/ : "", "");
    if (event.type === "connect") expect(reply.split(" ")[1]).toBe(this.#host);
    else if (code < 400) this.session.accept({ code, text: words });
    else this.session.reject({ code, text: words });
  }
}

/** An application that gives the printed commands, each when the one before is answered. */
class Client {
  readonly events: SmtpClientEvent[] = [];
  readonly session: SmtpClientSession = new SmtpClientSession();
  readonly #commands: string[];

  constructor({ lines }: TranscriptFile) {
    this.#commands = lines.filter(({ from }) => from === "C").map(({ printed }) => printed);
  }

  take(input: string): string {
    this.session.receive(octets(input));
    return text(pull<SmtpClientEvent>(this.session, (event) => this.#act(event)));
  }

  #act(event: SmtpClientEvent): void {
    this.events.push(event);
    if (event.type === "data") {
      const content = this.#commands.splice(0, this.#commands.indexOf(".") + 1).slice(0, -1);
      this.session.content(octets(wire(content)));
    } else if (event.type !== "closed") this.#give(this.#commands.shift());
  }

  #give(command: string | undefined): void {
    const { session } = this;
    const [verb = "", argument = ""] = command?.split(" ", 2) ?? [];
    const address = argument.replace(/^.*<|>$/g, "");
    if (verb === "EHLO") session.ehlo(argument);
    else if (verb === "MAIL") session.mail(address, { content: "7bit" });
    else if (verb === "RCPT") session.rcpt(address);
    else if (verb === "VRFY") session.vrfy(argument);
    else if (verb === "DATA") session.data();
    else if (verb === "RSET") session.rset();
    else if (verb === "QUIT") session.quit();
  }
}

const cuts: readonly (readonly [string, (line: string) => readonly string[]])[] = [
  ["line by line", (line) => [line]],
  ["byte by byte", (line) => [...line]],
];

describe.each(dialogues)("[SMTP-D-1] the dialogue $title", (dialogue) => {
  const { lines } = dialogue;
  const sent = (side: "C" | "S") => wire(lines.filter(({ from }) => from === side).map(({ ours }) => ours));
  /** What the dialogue asks of the server, and how that answers: the events in short. */
  const verbs = lines.filter(({ from }) => from === "C").map(({ printed }) => printed.split(" ")[0]!.toLowerCase());

  it.each(cuts)("our server answers the printed client, %s", (_, cut) => {
    const server = new Server(dialogue);
    let output = server.take("");
    for (const { from, printed } of lines) {
      if (from === "C") for (const piece of cut(`${printed}\r\n`)) output += server.take(piece);
    }
    expect(output).toBe(sent("S"));
    const types = server.events.map(({ type }) => type);
    const commands = types.filter((type) => !["connect", "content", "message", "aborted", "closed"].includes(type));
    expect(commands).toEqual(verbs.filter((verb) => commands.includes(verb as never)));
    expect(types).toContain(verbs.includes("rset") ? "aborted" : "message");
    expect([types[0], types.at(-1)]).toEqual(["connect", "closed"]);
    expect(types).not.toContain("violation");
  });

  it.each(cuts)("our client takes the printed server, %s", (_, cut) => {
    const client = new Client(dialogue);
    let output = "";
    for (const { from, printed } of lines) {
      if (from === "S") for (const piece of cut(`${printed}\r\n`)) output += client.take(piece);
    }
    expect(output).toBe(sent("C"));
    const refused = client.events.flatMap((event) => ("ok" in event && !event.ok ? [event.reply!.lines[0]] : []));
    expect(refused).toEqual(lines.flatMap(({ printed }) => (/^5/.test(printed) ? [printed.slice(4)] : [])));
    expect(client.events.at(-1)).toMatchObject({ type: "closed", cause: "quit" });
    expect(client.events.some(({ type }) => type === "message")).toBe(verbs.includes("data"));
  });

  it("our client and our server say what is printed to each other", () => {
    const server = new Server(dialogue);
    const client = new Client(dialogue);
    const outputs = { C: "", S: "" };
    for (let toClient = server.take(""); toClient !== ""; ) {
      outputs.S += toClient;
      const toServer = client.take(toClient);
      outputs.C += toServer;
      toClient = toServer === "" ? "" : server.take(toServer);
    }
    expect(outputs).toEqual({ C: sent("C"), S: sent("S") });
    const received = server.events.flatMap((event) => (event.type === "content" ? [event.bytes] : []));
    const [data, end] = ["DATA", "."].map((printed) => lines.findIndex((line) => line.printed === printed));
    const content = lines.slice(data! + 1, end).filter(({ from }) => from === "C");
    expect(text(received)).toBe(data! < 0 ? "" : wire(content.map(({ printed }) => printed)));
  });
});
