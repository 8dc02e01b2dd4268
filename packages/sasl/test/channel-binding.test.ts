import {
  type ChannelBinding,
  preferredBinding,
  scramClient,
  scramServer,
  scramSha256,
  serverEndPointHash,
  TLS_EXPORTER,
} from "sasl";
import { describe, expect, it } from "vitest";
import { text, utf8 } from "./support.ts";

const own = { authenticationIdentity: "user", password: "pencil" };
const secret = utf8("a secret of the server");
const data = (length: number) => new Uint8Array(length).fill(0xcb);
const exporter: ChannelBinding = { type: "tls-exporter", data: data(32) };
const endPoint: ChannelBinding = { type: "tls-server-end-point", data: data(32) };
const unique: ChannelBinding = {
  type: "tls-unique",
  data: data(12),
  tlsVersion: "TLSv1.2",
  session: "extended-master-secret",
};

const sides: readonly [side: string, make: (binding: ChannelBinding) => unknown][] = [
  ["client", (channelBinding) => scramClient(scramSha256, { ...own, channelBinding })],
  ["server", (channelBinding) => scramServer(scramSha256, { secret, plus: true, channelBindings: [channelBinding] })],
];

describe.each(sides)("%s", (_, make) => {
  it.each([
    ["tls-exporter of 32 octets", exporter],
    ["tls-server-end-point of 32 octets", endPoint],
    ["tls-server-end-point of 64 octets", { ...endPoint, data: data(64) }],
    ["tls-unique of 12 octets", unique],
    ["tls-unique of one octet", { ...unique, data: data(1) }],
    ["tls-unique of 36 octets", { ...unique, data: data(36) }],
    ["tls-unique, TLS 1.0, not resumed", { ...unique, tlsVersion: "TLSv1", session: "not-resumed" }],
    ["tls-unique, TLS 1.1", { ...unique, tlsVersion: "TLSv1.1" }],
  ] as const)("[CB-5929.3-1] [CB-5056.2-1] takes %s", (_name, binding) => {
    expect(() => make(binding)).not.toThrow();
  });

  const shared = new Uint8Array(new SharedArrayBuffer(32));
  const type = '"channelBinding.type" expected one of tls-unique, tls-exporter, tls-server-end-point';
  const version = '"channelBinding.tlsVersion" expected one of TLSv1, TLSv1.1, TLSv1.2';
  const session = '"channelBinding.session" expected one of extended-master-secret, not-resumed';
  it.each([
    [
      "CB-9266.2-1",
      "31 octets of tls-exporter",
      { ...exporter, data: data(31) },
      /"channelBinding.data" expected 32 octets$/,
    ],
    [
      "CB-9266.2-1",
      "33 octets of tls-exporter",
      { ...exporter, data: data(33) },
      /"channelBinding.data" expected 32 octets$/,
    ],
    ["CB-5056.2-1", "no octets", { ...endPoint, data: data(0) }, '"channelBinding.data" expected at least one octet'],
    ["CB-5056.2-1", "text", { ...endPoint, data: "text" }, '"channelBinding.data" expected a Uint8Array, got string'],
    ["CB-5056.2-1", "shared memory", { ...exporter, data: shared }, /a Uint8Array, not shared/],
    ["CB-5056.2-1", "another type", { ...endPoint, type: "tls-foo" }, type],
    ["CB-5929.3-1", "tls-unique with TLS 1.3", { ...unique, tlsVersion: "TLSv1.3" }, version],
    ["CB-5929.3-1", "tls-unique of an unknown version", { type: "tls-unique", data: data(12) }, version],
    ["SCRAM-7677.4-1", "tls-unique that may repeat", { ...unique, session: "resumed" }, session],
    ["SCRAM-7677.4-1", "tls-unique without a word on it", { ...unique, session: undefined }, session],
  ])("[%s] refuses %s", (_id, _name, binding, message) => {
    expect(() => make(binding as ChannelBinding)).toThrow(message);
  });
});

it("[CB-5056.2-1] the octets are copied", () => {
  const given = data(32);
  const client = scramClient(scramSha256, {
    ...own,
    nonce: "C",
    channelBinding: { type: "tls-exporter", data: given },
    minIterations: 1,
  });
  given.fill(0);
  client.start();
  const step = client.next(utf8("r=CS,s=AAAA,i=1"));
  const c = /^c=([^,]*)/.exec(step.type === "response" ? text(step.bytes) : "")![1]!;
  expect([...Buffer.from(c, "base64").subarray(-32)]).toEqual([...data(32)]);
});

it("[CB-9266.2-1] what is exported for tls-exporter", () => {
  expect(TLS_EXPORTER).toEqual({ label: "EXPORTER-Channel-Binding", context: "", length: 32 });
});

it("[CB-9266.3-1] of several the client prefers tls-unique, then tls-exporter, then tls-server-end-point", () => {
  // Where there is a tls-unique, TLS is below 1.3, and that is its default binding.
  expect(preferredBinding([endPoint, exporter, unique])).toBe(unique);
  expect(preferredBinding([endPoint, unique])).toBe(unique);
  expect(preferredBinding([endPoint, exporter])).toBe(exporter);
  expect(preferredBinding([endPoint])).toBe(endPoint);
  expect(preferredBinding([])).toBeNull();
});

it("[CB-9266.3-1] a tls-unique of TLS 1.3, which has none, comes after the others", () => {
  const unusable: ChannelBinding = { ...unique, tlsVersion: "TLSv1.3" };
  expect(preferredBinding([unusable, exporter])).toBe(exporter);
  expect(preferredBinding([unusable, endPoint])).toBe(endPoint);
  expect(preferredBinding([unusable, unique])).toBe(unique);
  expect(preferredBinding([unusable])).toBe(unusable);
});

it.each([
  [["MD5"], "SHA-256"],
  [["SHA-1"], "SHA-256"],
  [["sha1"], "SHA-256"],
  [["sha256"], "SHA-256"],
  [["SHA-224"], "SHA-224"],
  [["SHA384"], "SHA-384"],
  [["SHA-512"], "SHA-512"],
  [["SHA3-512"], "SHA3-512"],
  [["rsa-sha256"], "RSA-SHA256"],
  [["SHA-256", "sha256"], "SHA-256"],
  [[], null],
  [["SHA-256", "SHA-512"], null],
])("[CB-5929.4-1] a certificate's signature with %j gives tls-server-end-point by %s", (hashes, hash) => {
  expect(serverEndPointHash(hashes)).toBe(hash);
});
