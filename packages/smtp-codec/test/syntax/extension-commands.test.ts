import { inspect } from "node:util";
import {
  type AttributeCommand,
  type Command,
  formatCommand,
  parseCommand,
  parseMailbox,
  saslService,
  spreadAttributes,
} from "smtp-codec/syntax";
import { octets } from "tools/testing";
import { describe, expect, it } from "vitest";
import { opened } from "./support.ts";

const INVALID = { fault: "invalid-argument", reply: { code: 501, enhanced: "5.5.4" } };

describe("commands of extensions", () => {
  it.each<readonly [string, Command]>([
    ["BDAT 1000", { verb: "BDAT", size: 1000, last: false }],
    ["bdat 0 last", { verb: "BDAT", size: 0, last: true }],
    ["BDAT 007 LAST", { verb: "BDAT", size: 7, last: true }],
    ["BDAT 9007199254740991", { verb: "BDAT", size: 2 ** 53 - 1, last: false }],
  ])("[CHUNK-2-1] %s", (line, command) => {
    expect(parseCommand(octets(line))).toEqual(command);
  });

  it.each([
    ...[
      "BDAT",
      "BDAT LAST",
      "BDAT -1",
      "BDAT +1",
      "BDAT 0x10",
      "BDAT 1e3",
      "BDAT 1.0",
      "BDAT 1 LAST x",
      "BDAT 1 LASTS",
    ],
    ...["BDAT 9007199254740992", "BDAT 18446744073709551617"],
  ])("[CHUNK-2-1] %s is refused", (line) => {
    expect(parseCommand(octets(line))).toMatchObject(INVALID);
  });

  it.each<readonly [string, Command]>([
    [
      "BURL imap://u@h/INBOX;uid=1;urlauth=x LAST",
      { verb: "BURL", url: "imap://u@h/INBOX;uid=1;urlauth=x", last: true },
    ],
    ["burl cid:a last", { verb: "BURL", url: "cid:a", last: true }],
    ["BURL a+b-c.1:x", { verb: "BURL", url: "a+b-c.1:x", last: false }],
  ])("[BURL-3.5-1] %s", (line, command) => {
    expect(opened(parseCommand(octets(line)))).toEqual(command);
  });

  it.each(["BURL", "BURL LAST", "BURL //h/x", "BURL 1:x", "BURL imap:", "BURL imap:x y", "BURL imap:x LAST LAST"])(
    "[BURL-3.5-1] %s is refused",
    (line) => {
      expect(parseCommand(octets(line))).toMatchObject(INVALID);
    },
  );

  it.each([
    ["[BURL-8-1]", "BURL imap://u@h/urlauth=SECRET LAST", /SECRET/, { verb: "BURL", last: true }],
    ["[AUTH-4-28]", "AUTH PLAIN U0VDUkVU", /83|53|U0VD/, { verb: "AUTH", mechanism: "PLAIN" }],
    ["[AUTH-4-28]", "AUTH PLAIN =", /initial/, { verb: "AUTH", mechanism: "PLAIN" }],
    ["[AUTH-4-28]", "AUTH PLAIN", /initial/, { verb: "AUTH", mechanism: "PLAIN" }],
  ])("%s a log of %j shows no secret, and it is written again whole", (_, line, secret, shown) => {
    const command = parseCommand(octets(line)) as Command;
    expect([JSON.stringify(command), inspect(command, { depth: 9 })].filter((log) => secret.test(log))).toEqual([]);
    expect({ ...command }).toEqual(shown);
    expect(formatCommand(command)).toBe(`${line}\r\n`);
    // What a spread has left out is missed.
    if (command.verb === "BURL" || secret.source !== "initial")
      expect(() => formatCommand({ ...command })).toThrow(TypeError);
  });

  it("[BURL-8-1] no error shows the URL", () => {
    const secret = "imap://u@h/urlauth=SECRET";
    expect(JSON.stringify(parseCommand(octets(`BURL ${secret} LAST x`)))).not.toContain("SECRET");
    let message = "";
    try {
      formatCommand({ verb: "BURL", url: `${secret}\r\n`, last: true });
    } catch (error) {
      message = String(error);
    }
    expect(message).toBe('RangeError: "url" expected an absolute URL of visible ASCII');
  });

  it.each<readonly [string, Command]>([
    ["ETRN example.com", { verb: "ETRN", option: null, node: "example.com" }],
    ["ETRN @example.com", { verb: "ETRN", option: "@", node: "example.com" }],
    ["etrn #a queue_1", { verb: "ETRN", option: "#", node: "a queue_1" }],
  ])("[ETRN-5-1] %s", (line, command) => {
    expect(parseCommand(octets(line))).toEqual(command);
  });

  it.each(["ETRN", "ETRN @", "ETRN #", "ETRN a_b", "ETRN a b", "ETRN [192.0.2.1]", "ETRN @@a"])(
    "[ETRN-5-1] %s is refused",
    (line) => {
      expect(parseCommand(octets(line))).toMatchObject(INVALID);
    },
  );

  it.each<readonly [string, Command]>([
    ["ATRN", { verb: "ATRN", domains: null }],
    ["atrn a.example,b.example", { verb: "ATRN", domains: ["a.example", "b.example"] }],
  ])("[ATRN-5.2.1-1] %s", (line, command) => {
    expect(parseCommand(octets(line))).toEqual(command);
    expect(formatCommand(command)).toBe(`${line.toUpperCase().slice(0, 4)}${line.slice(4)}\r\n`);
  });

  it.each(["ATRN example", "ATRN a.b,", "ATRN ,a.b", "ATRN a.b, c.d", "ATRN a.b c.d", "ATRN a_b.c"])(
    "[ATRN-5.2.1-1] %s is refused",
    (line) => {
      expect(parseCommand(octets(line))).toMatchObject(INVALID);
    },
  );

  it.each(["VRFY tim", "EXPN list", "VRFY a b"])("[SMTP-3.5.1-1] %s is taken as it is", (line) => {
    const [verb, argument] = [line.slice(0, 4), line.slice(5)];
    expect(parseCommand(octets(line))).toEqual({ verb, argument, smtputf8: false });
  });

  it("[SMTP-3.5.1-1] an address is no String, and can be read as a mailbox", () => {
    const command = parseCommand(octets("VRFY tim@example.com"));
    expect(command).toEqual({ verb: "VRFY", argument: "tim@example.com", smtputf8: false });
    expect(parseMailbox("tim@example.com")).toMatchObject({ localPart: "tim", domain: "example.com" });
  });

  it.each(["VRFY", "EXPN", "VRFY  "])("[SMTP-4.1.1.6-2] %j lacks its argument", (line) => {
    expect(parseCommand(octets(line))).toMatchObject({
      fault: "missing-argument",
      reply: { code: 501, enhanced: "5.5.4" },
    });
  });

  const utf8 = (text: string) => new TextEncoder().encode(text);
  const offered = { smtputf8State: "offered" } as const;

  it("[UTF8-3.7.4.2-1] SMTPUTF8 at the end is a parameter where it is offered", () => {
    const command: Command = { verb: "VRFY", argument: "dömi", smtputf8: true };
    expect(parseCommand(utf8("VRFY dömi smtputf8"), offered)).toEqual(command);
    expect(formatCommand(command)).toBe("VRFY dömi SMTPUTF8\r\n");
    expect(parseCommand(octets("VRFY tim SMTPUTF8"))).toEqual({
      verb: "VRFY",
      argument: "tim SMTPUTF8",
      smtputf8: false,
    });
    for (const options of [{}, offered]) {
      expect(parseCommand(utf8("EXPN dömi"), options)).toMatchObject({ fault: "invalid-octet", reply: { code: 501 } });
    }
    expect(parseCommand(utf8("VRFY d\u0085 SMTPUTF8"), offered)).toMatchObject({ fault: "invalid-octet" });
    // U+017F: its capital is S.
    expect(parseCommand(utf8("VRFY a \u017fMTPUTF8"), offered)).toMatchObject({ fault: "invalid-octet" });
    expect(parseCommand(utf8("VRFY SMTPUTF8"), offered)).toMatchObject({ argument: "SMTPUTF8", smtputf8: false });
    expect(parseCommand(utf8(`VRFY a${" ".repeat(200_000)}x SMTPUTF8`), offered)).toMatchObject({ smtputf8: true });
    expect(() => formatCommand({ ...command, smtputf8: false })).toThrow('"argument" expected printable ASCII');
  });

  it.each<readonly [string, object]>([
    ["AUTH PLAIN", { mechanism: "PLAIN", initialResponse: null }],
    ["AUTH plain =", { mechanism: "PLAIN", initialResponse: new Uint8Array(0) }],
    ["AUTH SCRAM-SHA_1 AGE=", { mechanism: "SCRAM-SHA_1", initialResponse: Uint8Array.of(0, 0x61) }],
  ])("[AUTH-4-6] %s", (line, command) => {
    expect(opened(parseCommand(octets(line)))).toEqual({ verb: "AUTH", ...command });
  });

  it.each([
    ["AUTH", "missing-argument", "5.5.4"],
    ["AUTH A+B", "invalid-argument", "5.5.4"],
    [`AUTH ${"A".repeat(21)}`, "invalid-argument", "5.5.4"],
    ["AUTH PLAIN AA== x", "invalid-argument", "5.5.4"],
    ["AUTH PLAIN A", "invalid-argument", "5.5.2"],
    ["AUTH PLAIN AB==", "invalid-argument", "5.5.2"],
    ["AUTH PLAIN A=A=", "invalid-argument", "5.5.2"],
    ["AUTH PLAIN  ", null, null],
  ])("[AUTH-4-1] [AUTH-4-13] %j", (line, fault, enhanced) => {
    const read = parseCommand(octets(line));
    if (fault === null) expect(read).toMatchObject({ mechanism: "PLAIN", initialResponse: null });
    else expect(read).toMatchObject({ fault, reply: { code: 501, enhanced } });
  });

  it("[AUTH-4-27] the service name is smtp", () => {
    expect(saslService).toBe("smtp");
  });

  it("[AUTH-4-7] an empty initial response is =, an absent one leaves nothing", () => {
    expect(formatCommand({ verb: "AUTH", mechanism: "PLAIN", initialResponse: new Uint8Array(0) })).toBe(
      "AUTH PLAIN =\r\n",
    );
    expect(formatCommand({ verb: "AUTH", mechanism: "PLAIN", initialResponse: null })).toBe("AUTH PLAIN\r\n");
  });

  it.each<readonly [Command, string]>([
    [{ verb: "BDAT", size: -1, last: false }, '"size" expected a whole number'],
    [{ verb: "BDAT", size: 2 ** 53, last: false }, '"size" expected a whole number'],
    [{ verb: "ETRN", option: null, node: "a_b" }, '"node" expected a domain'],
    [{ verb: "ETRN", option: "#", node: "a\r\nQUIT" }, '"node" expected printable ASCII'],
    [{ verb: "ATRN", domains: [] }, '"domains" expected domains of two labels'],
    [{ verb: "EHLO", name: "a", nameKind: "domain", trailing: "x\ny" }, '"trailing" expected printable'],
  ])("%j is refused by the formatter", (command, message) => {
    expect(() => formatCommand(command)).toThrow(message);
  });
});

describe("XCLIENT and XFORWARD", () => {
  it.each<readonly [string, AttributeCommand]>([
    [
      "XCLIENT name=a.example ADDR=192.0.2.1 Port=0 proto=ESMTP",
      {
        verb: "XCLIENT",
        attributes: [
          { name: "NAME", value: "a.example" },
          { name: "ADDR", value: "192.0.2.1" },
          { name: "PORT", value: "0" },
          { name: "PROTO", value: "ESMTP" },
        ],
      },
    ],
    [
      "XCLIENT LOGIN=a+2Bb DESTADDR=IPV6:::1 DESTPORT=65535 HELO=my_pc",
      {
        verb: "XCLIENT",
        attributes: [
          { name: "LOGIN", value: "a+b" },
          { name: "DESTADDR", value: "IPV6:::1" },
          { name: "DESTPORT", value: "65535" },
          { name: "HELO", value: "my_pc" },
        ],
      },
    ],
    [
      "XFORWARD IDENT=4XyZ SOURCE=local PROTO=HTTP",
      {
        verb: "XFORWARD",
        attributes: [
          { name: "IDENT", value: "4XyZ" },
          { name: "SOURCE", value: "local" },
          { name: "PROTO", value: "HTTP" },
        ],
      },
    ],
  ])("[XCL-1-2] [XCL-1-3] %s", (line, command) => {
    expect(parseCommand(octets(line))).toEqual(command);
    expect(parseCommand(octets(formatCommand(command).slice(0, -2)))).toEqual(command);
  });

  it("[XCL-1-4] what is not available is no value", () => {
    const line = "XCLIENT NAME=[tempunavail] ADDR=[UNAVAILABLE] HELO=[TEMPUNAVAIL]";
    const attributes = [
      { name: "NAME", value: null, unavailable: "temporary" },
      { name: "ADDR", value: null, unavailable: "permanent" },
      { name: "HELO", value: "[TEMPUNAVAIL]" },
    ];
    const command = parseCommand(octets(line));
    expect(command).toEqual({ verb: "XCLIENT", attributes });
    expect(formatCommand(command as Command)).toBe(`${line.replace("[tempunavail]", "[TEMPUNAVAIL]")}\r\n`);
    expect(parseCommand(octets("XFORWARD NAME=[TEMPUNAVAIL]"))).toMatchObject({
      attributes: [{ value: "[TEMPUNAVAIL]" }],
    });
  });

  it.each(["XCLIENT", "XFORWARD"])("[XCL-1-2] %s without attributes", (line) => {
    expect(parseCommand(octets(line))).toMatchObject({
      fault: "missing-argument",
      reply: { code: 501, enhanced: "5.5.4" },
    });
  });

  it.each([
    ...[
      "XCLIENT NAME",
      "XCLIENT =x",
      "XCLIENT FOO=x",
      "XCLIENT NAME=a NAME=b",
      "XCLIENT NAME=",
      "XCLIENT SOURCE=LOCAL",
    ],
    ...[
      "XCLIENT ADDR=[192.0.2.1]",
      "XCLIENT ADDR=::1",
      "XCLIENT ADDR=IPV6:1",
      "XCLIENT ADDR=host",
      "XCLIENT PORT=65536",
    ],
    ...["XCLIENT PORT=-1", "XCLIENT PORT=x", "XCLIENT PROTO=LMTP", "XFORWARD SOURCE=x", "XFORWARD LOGIN=a"],
    ...["XFORWARD NAME=a+20b", "XFORWARD NAME=a+0Db", "XFORWARD NAME=a+", "XFORWARD NAME=+ff"],
    ...[`XFORWARD NAME=${"a".repeat(256)}`],
  ])("[XCL-1-5] [XCL-1-6] %s is refused", (line) => {
    expect(parseCommand(octets(line))).toMatchObject(INVALID);
  });

  it("[XCL-3-2] attributes that are too long for one command are spread over several", () => {
    const command: AttributeCommand = {
      verb: "XFORWARD",
      attributes: [
        { name: "NAME", value: "n".repeat(250) },
        { name: "HELO", value: "h".repeat(250) },
        { name: "ADDR", value: "192.0.2.1" },
        { name: "IDENT", value: "+".repeat(100) },
      ],
    };
    expect(() => formatCommand(command)).toThrow('"attributes" expected a command of at most 512 octets');
    const lines = spreadAttributes(command).map((part) => formatCommand(part));
    expect(lines.map((line) => line.length <= 512)).toEqual([true, true, true]);
    expect(lines.map((line) => line.match(/[A-Z]+(?==)/g))).toEqual([["NAME"], ["HELO", "ADDR"], ["IDENT"]]);
    expect(spreadAttributes({ verb: "XCLIENT", attributes: [] })).toEqual([]);
    const long: AttributeCommand = { verb: "XCLIENT", attributes: [{ name: "LOGIN", value: "+".repeat(255) }] };
    expect(() => spreadAttributes(long)).toThrow(RangeError);
    expect(() => formatCommand({ verb: "XCLIENT", attributes: [{ name: "NAME", value: "a b" }] })).toThrow(RangeError);
    expect(() => formatCommand({ verb: "XCLIENT", attributes: [] })).toThrow(RangeError);
  });
});
