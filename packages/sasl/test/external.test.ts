import fc from "fast-check";
import { externalClient, externalServer, type ServerStep, StateError } from "sasl";
import { describe, expect, it } from "vitest";
import { credential, octets, runs, sent, toBase64, utf8, vectors } from "./support.ts";

const rows = vectors("external");
const row = (id: string) => rows.find((each) => each.id === id)!;
const SUBJECT = "CN=Fred Example";

/** What a server says to a message. */
function asked(message: Uint8Array | string | null, authenticationIdentity: string | null = SUBJECT): ServerStep {
  return externalServer({ authenticationIdentity }).next(typeof message === "string" ? utf8(message) : message);
}

describe("vectors", () => {
  it("[EXT-A.1-1] [EXT-A.1-3] external-rfc4422-1: a challenge and a response, both empty", () => {
    const { messages } = row("external-rfc4422-1");
    const server = externalServer({ authenticationIdentity: SUBJECT });
    const client = externalClient();
    client.start();
    const challenge = server.next(null);
    expect(challenge).toEqual({ type: "challenge", bytes: octets(messages![0]) });
    const response = client.next(octets(messages![0]));
    expect(sent(response)).toBe(messages![1]!.text);
    expect(server.next(octets(messages![1]))).toEqual({
      type: "authorize",
      authenticationIdentity: SUBJECT,
      authorizationIdentity: null,
    });
    expect(server.accept()).toMatchObject({ type: "success", authorizationIdentity: SUBJECT });
    expect(client.finish()).toEqual({ type: "success", serverProved: false });
  });

  it("[EXT-A.1-1] [EXT-A.1-3] external-rfc4422-2: an authorization identity, which the server refuses", () => {
    const { inputs, messages, outputs } = row("external-rfc4422-2");
    const step = externalClient({ authorizationIdentity: inputs.authzid! }).start();
    expect(sent(step)).toBe(messages![0]!.text);
    expect(toBase64(step.type === "response" ? step.bytes : null)).toBe(outputs.wireBase64![0]);
    const server = externalServer({ authenticationIdentity: SUBJECT });
    expect(server.next(octets(messages![0]))).toMatchObject({
      type: "authorize",
      authorizationIdentity: outputs.authzid,
    });
    expect(server.reject("not-authorized")).toMatchObject({ type: "failure", reason: "not-authorized" });
  });

  it("[EXT-A.1-1] external-rfc4954: the initial response is there and empty", () => {
    expect(row("external-rfc4954").outputs).toMatchObject({ outcome: "success" });
    expect(externalClient().start()).toMatchObject({ type: "response", bytes: new Uint8Array(0) });
    expect(externalClient({ authorizationIdentity: "" }).start()).toMatchObject({ bytes: new Uint8Array(0) });
  });

  it("[EXT-A.1-2] external-neg-nul", () => {
    const { messages } = row("external-neg-nul");
    expect(asked(octets(messages![0]))).toMatchObject({ type: "failure", reason: "malformed-message" });
  });
});

describe("client", () => {
  it("[EXT-A.1-1] sends any name as UTF-8, unprepared", () => {
    fc.assert(
      fc.property(credential, (name) => {
        expect(sent(externalClient({ authorizationIdentity: name }).start())).toBe(name);
      }),
      runs,
    );
  });

  it("[EXT-A.1-1] an empty first challenge is answered by the same octets, once", () => {
    const client = externalClient({ authorizationIdentity: "fred" });
    client.start();
    expect(sent(client.next(utf8("")))).toBe("fred");
    expect(sent(client.next(utf8("")))).toBe("failure: unexpected-challenge");
    const other = externalClient();
    other.start();
    expect(sent(other.next(utf8("go on")))).toBe("failure: unexpected-challenge");
  });

  it.each([
    ["a\0b", new RangeError('"authorizationIdentity" expected no NUL')],
    ["\ud800", new RangeError('"authorizationIdentity" expected no unpaired surrogate')],
  ])("[EXT-A.1-1] the authorization identity %j is refused", (authorizationIdentity, error) => {
    expect(() => externalClient({ authorizationIdentity })).toThrow(error);
  });
});

describe("server", () => {
  it.each([
    ["\0", "malformed-message"],
    ["fred\0", "malformed-message"],
    [Uint8Array.of(0xff), "invalid-utf8"],
    [Uint8Array.of(0xc0, 0x80), "invalid-utf8"],
    [Uint8Array.of(0xed, 0xa0, 0x80), "invalid-utf8"],
  ])("[EXT-A.1-2] %j fails without a question", (message, reason) => {
    expect(asked(message)).toMatchObject({ type: "failure", reason });
  });

  it.each([null, "", "fred"])("[EXT-A.1-3] without external credentials %j fails", (message) => {
    expect(asked(message, null)).toMatchObject({ type: "failure", reason: "no-credentials" });
  });

  it("[EXT-A.1-3] the application says whom the credentials stand for, or permits whom the client names", () => {
    const derived = externalServer({ authenticationIdentity: SUBJECT });
    derived.next(utf8(""));
    expect(derived.accept("fred@example.com")).toEqual({
      type: "success",
      authenticationIdentity: "fred@example.com",
      authorizationIdentity: "fred@example.com",
      data: null,
    });
    const named = externalServer({ authenticationIdentity: SUBJECT });
    named.next(utf8("root@example.com"));
    expect(named.accept()).toMatchObject({
      authenticationIdentity: SUBJECT,
      authorizationIdentity: "root@example.com",
    });
  });

  it("[EXT-A.1-4] a second response is a call out of order, and success carries no data", () => {
    const server = externalServer({ authenticationIdentity: SUBJECT });
    server.next(utf8("fred"));
    expect(() => server.next(utf8("fred"))).toThrow(
      new StateError("next()", "authorize", "accept(), reject(), abort()"),
    );
    expect(server.accept()).toMatchObject({ type: "success", data: null });
    expect(() => server.next(utf8("fred"))).toThrow(StateError);
  });

  it("an identity that is none is refused, at construction and on accept(), which changes nothing", () => {
    expect(() => externalServer({ authenticationIdentity: "" })).toThrow(RangeError);
    // @ts-expect-error neither a string nor null
    expect(() => externalServer({})).toThrow(
      new TypeError('"authenticationIdentity" expected a string, got undefined'),
    );
    const server = externalServer({ authenticationIdentity: SUBJECT });
    server.next(utf8(""));
    expect(() => server.accept("")).toThrow(new RangeError('"authenticationIdentity" expected a non-empty string'));
    expect(server.accept("fred").type).toBe("success");
  });
});
