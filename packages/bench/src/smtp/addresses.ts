import { Address } from "address-rfc2821";
import { parseMailbox } from "smtp-codec/syntax";
import { expectSame, type Row, type Table, type Work } from "../suite.ts";
import { encode, OURS } from "./sessions.ts";

const BATCH = 100;

/** The addresses of a batch, each another one. */
const CORPORA: Readonly<Record<string, (n: number) => readonly [localPart: string, domain: string]>> = {
  "dot-string and domain": (n) => [`user.name${n}`, `mail${n}.example.com`],
  "quoted local-part": (n) => [`"user name ${n}"`, "example.com"],
  "IPv6 literal": (n) => ["user", `[IPv6:2001:db8::${n}]`],
};

function parsing(
  name: string,
  addresses: readonly (readonly [string, string])[],
  domainOf: (text: string) => string,
): Work {
  const texts = addresses.map((parts) => parts.join("@"));
  return {
    run() {
      let length = 0;
      for (const text of texts) length += domainOf(text).length;
      if (length === 0) throw new Error(`${name}: nothing came of it`);
    },
    check: () =>
      expectSame(
        name,
        encode(texts.map(domainOf).join(" ").toLowerCase()),
        encode(
          addresses
            .map(([, domain]) => domain)
            .join(" ")
            .toLowerCase(),
        ),
      ),
  };
}

/** Mailboxes of RFC 5321, cut into their parts. */
export function addresses(): Table {
  const rows = Object.entries(CORPORA).map(([name, make]): Row => {
    const corpus = Array.from({ length: BATCH }, (_, n) => make(n));
    return {
      name,
      amount: BATCH / 1000,
      works: {
        [OURS]: parsing(name, corpus, (text) => parseMailbox(text)!.domain),
        "address-rfc2821": parsing("address-rfc2821", corpus, (text) => new Address(text).host),
      },
    };
  });
  return { title: "addresses", unit: "thousand/s", columns: [OURS, "address-rfc2821"], rows };
}
