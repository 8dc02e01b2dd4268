/**
 * A server of SCRAM whose protocol has said before who the client is, as PostgreSQL's does: libpq leaves the name
 * empty.
 */
import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import { makeScramKeys, type SaslServer, type ServerStep, scramServer, scramSha256 } from "sasl";
import { describe, expect, it } from "vitest";
import { smallPrepare, text, toBase64, utf8 } from "./support.ts";

const secret = utf8("a secret of the server");
const keys = makeScramKeys(scramSha256, { password: "pencil" });
const make = (options: { authenticationIdentity?: string; prepare?: typeof smallPrepare } = {}) =>
  scramServer(scramSha256, { secret, nonce: "S", ...options });

const hmac = (key: Uint8Array, data: string) => createHmac("sha256", key).update(data).digest();

/** The client's last message, with the proof as RFC 5802 §3 computes it. */
function answerTo(challenge: ServerStep, firstBare: string): Uint8Array {
  const serverFirst = challenge.type === "challenge" ? text(challenge.bytes) : "";
  const [, nonce, salt] = /^r=(.+),s=(.+),i=4096$/.exec(serverFirst)!;
  const clientKey = hmac(pbkdf2Sync("pencil", Buffer.from(salt!, "base64"), 4096, 32, "sha256"), "Client Key");
  const withoutProof = `c=biws,r=${nonce}`;
  const storedKey = createHash("sha256").update(clientKey).digest();
  const signature = hmac(storedKey, `${firstBare},${serverFirst},${withoutProof}`);
  return utf8(`${withoutProof},p=${toBase64(clientKey.map((octet, at) => octet ^ signature[at]!))}`);
}

function salts(server: SaslServer, message: string): string {
  server.next(utf8(message));
  const step = server.provide(null);
  return step.type === "challenge" ? text(step.bytes) : step.type;
}

describe("with authenticationIdentity", () => {
  it.each(["n=,r=C", "n=*,r=C", "n=other,r=C", "n==,r=C"])("%s is a message of that user, and %s is proved", (bare) => {
    const server = make({ authenticationIdentity: "tim" });
    const asked = server.next(utf8(`n,,${bare}`));
    expect(asked).toEqual({ type: "lookup", authenticationIdentity: "tim", authorizationIdentity: null });
    const end = server.next(answerTo(server.provide(keys), bare));
    expect(end).toMatchObject({ type: "success", authenticationIdentity: "tim", authorizationIdentity: "tim" });
  });

  it("a proof over another name than was sent is wrong", () => {
    const server = make({ authenticationIdentity: "tim" });
    server.next(utf8("n,,n=,r=C"));
    const end = server.next(answerTo(server.provide(keys), "n=tim,r=C"));
    expect(end).toMatchObject({ type: "failure", reason: "wrong-credentials" });
  });

  it("[SCRAM-5.1-18] unknown users have salts of their own, whatever their messages say", () => {
    const salt = (authenticationIdentity: string, message: string) => salts(make({ authenticationIdentity }), message);
    expect(salt("tim", "n,,n=,r=C")).toBe(salt("tim", "n,,n=*,r=C"));
    expect(salt("tim", "n,,n=,r=C")).not.toBe(salt("tom", "n,,n=,r=C"));
    expect(salt("tim", "n,,n=,r=C")).toBe(salts(make(), "n,,n=tim,r=C"));
  });

  it("it is prepared like a name that was sent, and the rest of the message is read as ever", () => {
    const asked = make({ authenticationIdentity: "t\u00adim", prepare: smallPrepare }).next(utf8("n,a=box,n=,r=C"));
    expect(asked).toEqual({ type: "lookup", authenticationIdentity: "tim", authorizationIdentity: "box" });
    for (const wrong of ["n,,r=C", "n,,n,r=C", "n,,n=", "n,,n=,m=x,r=C", "n,,m=x,n=,r=C", "n,,r=C,n="])
      expect(make({ authenticationIdentity: "tim" }).next(utf8(wrong)).type).toBe("failure");
  });

  it.each([
    ["", new RangeError('"authenticationIdentity" expected a non-empty string')],
    ["a\0", new RangeError('"authenticationIdentity" expected no NUL')],
    [null, new TypeError('"authenticationIdentity" expected a string, got null')],
  ])("%j is refused", (authenticationIdentity, error) => {
    expect(() => make({ authenticationIdentity: authenticationIdentity as string })).toThrow(error);
  });
});

it("[SCRAM-5.1-3] without it an empty name fails", () => {
  expect(make().next(utf8("n,,n=,r=C"))).toMatchObject({ type: "failure", reason: "malformed-message" });
});
