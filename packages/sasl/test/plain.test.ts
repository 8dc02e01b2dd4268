import { plainClient, plainServer, StateError, type VerifyStep } from "sasl";
import { saslprep } from "sasl/saslprep";
import { describe, expect, it } from "vitest";
import { asIs, octets, sent, smallPrepare, text, toBase64, utf8, vectors } from "./support.ts";

const rows = vectors("plain");
const complete = rows.filter(({ inputs }) => inputs.authcid !== undefined);
const needsPrepare = ["plain-crlf-computed", "plain-neg-prepares-to-empty"];
const negative = rows.filter(({ outputs, id }) => outputs.outcome === "failure" && id !== "plain-rfc4616-2");

/** The question that a server asks on this message. */
function asked(message: string | Uint8Array, options = {}): VerifyStep {
  const step = plainServer(options).next(typeof message === "string" ? utf8(message) : message);
  if (step.type !== "verify") throw new Error(step.type);
  return step;
}

const fails = (message: Uint8Array | string, reason: string, options = {}) =>
  expect(plainServer(options).next(typeof message === "string" ? utf8(message) : message)).toMatchObject({
    type: "failure",
    reason,
  });

describe("vectors", () => {
  it("are all run", () => {
    const other = negative.filter(({ id }) => !needsPrepare.includes(id));
    expect(other).toHaveLength(10);
    expect(complete).toHaveLength(6);
    expect(rows.filter((row) => !complete.includes(row) && !other.includes(row)).map(({ id }) => id)).toEqual([
      "plain-neg-prepares-to-empty",
    ]);
  });

  it.each(complete)("[PLAIN-2-1] $id, client", ({ inputs, messages, outputs }) => {
    const client = plainClient({
      authenticationIdentity: inputs.authcid!,
      password: inputs.password!,
      ...(inputs.authzid === undefined ? {} : { authorizationIdentity: inputs.authzid }),
    });
    const step = client.start();
    expect(step.type).toBe("response");
    if (step.type !== "response") return;
    expect(text(step.bytes)).toBe(messages![0]!.text);
    expect(step.bytes).toHaveLength(outputs.octets!);
    expect(toBase64(step.bytes)).toBe(outputs.wireBase64![0]);
    expect(client.finish()).toEqual({ type: "success", serverProved: false });
  });

  it.each(complete)("[PLAIN-2-7] $id, server", ({ inputs, messages, outputs }) => {
    const server = plainServer({ prepare: asIs });
    const step = server.next(octets(messages![0]));
    expect(step).toMatchObject({
      type: "verify",
      authenticationIdentity: inputs.authcid,
      authorizationIdentity: inputs.authzid ?? null,
      password: inputs.password,
    });
    if (outputs.outcome === "success") {
      expect(server.accept()).toEqual({
        type: "success",
        authenticationIdentity: inputs.authcid,
        authorizationIdentity: inputs.authzid ?? inputs.authcid,
        data: null,
      });
    } else {
      expect(server.reject("not-authorized")).toMatchObject({ type: "failure", reason: "not-authorized" });
    }
  });

  it.each(negative.filter(({ id }) => !needsPrepare.includes(id)))("[PLAIN-2-3] $id", ({ messages }) => {
    const step = plainServer().next(octets(messages![0]));
    expect(step).toMatchObject({
      type: "failure",
      reason: expect.stringMatching(/^(malformed-message|invalid-utf8)$/),
    });
  });

  it.each(rows.filter(({ id }) => needsPrepare.includes(id)))("[PLAIN-2-6] $id", ({ messages }) => {
    const message = octets(messages![0]);
    expect(plainServer({ prepare: asIs }).next(message).type).toBe("verify");
    fails(message, "preparation-failed", { prepare: saslprep });
  });
});

describe("client", () => {
  const own = { authenticationIdentity: "tim", password: "secret" };

  it.each([
    [undefined, "\0tim\0secret"],
    ["", "\0tim\0secret"],
    ["root", "root\0tim\0secret"],
    ["\u00ad\r\n\u00a0", "\u00ad\r\n\u00a0\0tim\0secret"],
  ])(
    "[PLAIN-2-1] [SASL-3.4.1-1] the authorization identity %j goes unprepared; empty is absent",
    (identity, message) => {
      const options = identity === undefined ? own : { ...own, authorizationIdentity: identity };
      expect(sent(plainClient({ ...options, prepare: smallPrepare }).start())).toBe(message);
    },
  );

  it.each([
    ["a\0b", new RangeError('"authorizationIdentity" expected no NUL')],
    ["a\udfffb", new RangeError('"authorizationIdentity" expected no unpaired surrogate')],
  ])("[PLAIN-2-2] [SASL-3.4.1-1] the authorization identity %j is refused", (authorizationIdentity, error) => {
    expect(() => plainClient({ ...own, authorizationIdentity })).toThrow(error);
  });

  it("[PLAIN-2-2] an empty field, a NUL or an unpaired surrogate is refused", () => {
    for (const value of ["", "\0", "a\0", "\ud83d", "\udd12\ud83d"]) {
      expect(() => plainClient({ ...own, authenticationIdentity: value })).toThrow(RangeError);
      expect(() => plainClient({ ...own, password: value })).toThrow(RangeError);
    }
  });

  it("[PLAIN-2-8] strings are sent as they are; `prepare` prepares name and password", () => {
    const options = { authenticationIdentity: "t\u00adim", password: "se\u00adcret" };
    expect(sent(plainClient(options).start())).toBe("\0t\u00adim\0se\u00adcret");
    expect(sent(plainClient({ ...options, prepare: smallPrepare }).start())).toBe("\0tim\0secret");
  });

  it("[SASL-3-1] an empty first challenge is answered by the same octets, once", () => {
    const client = plainClient(own);
    const first = sent(client.start());
    expect(sent(client.next(new Uint8Array(0)))).toBe(first);
    expect(sent(client.next(new Uint8Array(0)))).toBe("failure: unexpected-challenge");
  });

  it("[SASL-3-2] a first challenge that is not empty fails", () => {
    const client = plainClient(own);
    client.start();
    expect(sent(client.next(utf8("go on")))).toBe("failure: unexpected-challenge");
    expect(client.finish()).toMatchObject({ type: "failure", reason: "unexpected-challenge" });
  });

  it("[PLAIN-5-1] is marked as revealing the password", () => {
    expect(plainClient(own).traits.revealsPassword).toBe(true);
    expect(plainServer().traits.revealsPassword).toBe(true);
  });
});

describe("server", () => {
  it("[SASL-3-3] [SASL-3-1] without initial response it asks once, with an empty challenge; an empty one is a message", () => {
    const server = plainServer();
    expect(server.next(null)).toEqual({ type: "challenge", bytes: new Uint8Array(0) });
    expect(server.next(utf8("\0tim\0secret"))).toMatchObject({ type: "verify", authenticationIdentity: "tim" });
    expect(() => server.next(utf8("\0tim\0secret"))).toThrow(/in state "verify"; legal now: accept\(\), reject/);
    fails(new Uint8Array(0), "malformed-message");
  });

  it.each(["", "a", "a\0b", "\0a\0", "\0\0b", "\0\0", "a\0b\0c\0", "a\0b\0c\0d", "\0\0a\0b"])(
    "[PLAIN-2-3] %j is not a message",
    (message) => fails(message, "malformed-message"),
  );

  it.each([
    [0, 0x61, 0, 0xc0, 0xaf],
    [0, 0x61, 0, 0xed, 0xa0, 0x80],
    [0, 0x61, 0, 0xf4, 0x90, 0x80, 0x80],
    [0x80, 0, 0x61, 0, 0x62],
    [0, 0xe2, 0x82, 0, 0x62],
  ])("[PLAIN-2-3] octets %j… are not UTF-8 in some field", (...message) =>
    fails(Uint8Array.from(message), "invalid-utf8"),
  );

  it("[PLAIN-2-3] a byte order mark is a character like any other", () => {
    expect(asked("\ufeffa\0\ufefftim\0\ufeffb")).toMatchObject({
      authorizationIdentity: "\ufeffa",
      authenticationIdentity: "\ufefftim",
      password: "\ufeffb",
    });
  });

  it("[PLAIN-2-4] fields of 255 octets and more are accepted", () => {
    for (const length of [255, 256, 3000]) {
      const field = (letter: string) => letter.repeat(length);
      expect(asked(`${field("z")}\0${field("a")}\0${field("p")}`)).toMatchObject({
        authorizationIdentity: field("z"),
        authenticationIdentity: field("a"),
        password: field("p"),
      });
    }
  });

  it("[PLAIN-2-5] CR, LF and TAB are grammatical", () => {
    expect(asked("z\r\n\t\0a\r\n\t\0p\r\n\t", { prepare: asIs })).toMatchObject({
      authorizationIdentity: "z\r\n\t",
      authenticationIdentity: "a\r\n\t",
      password: "p\r\n\t",
    });
  });

  it.each([
    ["\r\n\t", {}],
    ["\x01", {}],
    ["\x7f", {}],
    ["\u00e4\n", {}],
    ["\t", { prepare: saslprep }],
    ["\u0085", { prepare: saslprep }],
  ])(
    "[PLAIN-2-5] the control characters %j fail in name and password, and pass in the authorization identity",
    (controls, options) => {
      expect(asked(`z${controls}\0a\0p`, options).authorizationIdentity).toBe(`z${controls}`);
      fails(`\0a${controls}\0p`, "preparation-failed", options);
      fails(`\0a\0p${controls}`, "preparation-failed", options);
    },
  );

  it("[PLAIN-2-6] outside ASCII they come as they were sent, unless `prepare` is given", () => {
    const message = "\0j\u00fcrgen\u00ad\0pa\u2168";
    expect(asked(message)).toMatchObject({ authenticationIdentity: "j\u00fcrgen\u00ad", password: "pa\u2168" });
    expect(asked(message, { prepare: saslprep })).toMatchObject({
      authenticationIdentity: "j\u00fcrgen",
      password: "paIX",
    });
  });

  it("[PLAIN-2-6] a query may have unassigned code points", () => {
    expect(asked("\0a\0\u{1f600}", { prepare: saslprep }).password).toBe("\u{1f600}");
  });

  it("[PLAIN-2-9] what is prepared for storage fails on unassigned code points, and is what a query becomes", () => {
    expect(saslprep("p\u{1f600}", "stored")).toMatchObject({ type: "unassigned", codePoint: 0x1f600 });
    expect(saslprep("pa\u2168", "stored")).toBe(asked("\0a\0pa\u2168", { prepare: saslprep }).password);
  });

  it("[PLAIN-2-6] name and password are given as sent and as prepared; an empty result fails", () => {
    const step = asked("\u00ad\0t\u00adim\0se\u00adcret", { prepare: smallPrepare });
    expect(step).toMatchObject({ authorizationIdentity: "\u00ad", authenticationIdentity: "tim", password: "secret" });
    expect(step.asSent).toEqual({ authenticationIdentity: "t\u00adim", password: "se\u00adcret" });
    expect(asked("\0tim\0secret").asSent).toEqual({ authenticationIdentity: "tim", password: "secret" });
    fails("\0\u00ad\0secret", "preparation-failed", { prepare: smallPrepare });
    fails("\0tim\0\u00ad", "preparation-failed", { prepare: smallPrepare });
  });

  it("[PLAIN-2-7] without authorization identity the client acts as its prepared authentication identity", () => {
    const server = plainServer({ prepare: smallPrepare });
    server.next(utf8("\0t\u00adim\0secret"));
    expect(server.accept()).toMatchObject({ authenticationIdentity: "tim", authorizationIdentity: "tim" });
  });

  it("a lookup is never asked, so never answered", () => {
    const server = plainServer();
    server.next(utf8("\0tim\0secret"));
    expect(() => server.provide({ password: "secret" })).toThrow(StateError);
    expect(server.accept().type).toBe("success");
  });
});
