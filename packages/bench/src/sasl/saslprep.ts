import mongodb from "@mongodb-js/saslprep";
import { saslprep } from "sasl/saslprep";
import type { Row, Table, Work } from "../suite.ts";

/** A thousand texts that differ, and what must come of each: by hand, from RFC 4013. */
interface Corpus {
  readonly name: string;
  readonly input: (n: number) => string;
  readonly output: (n: number) => string;
}

const same = (text: (n: number) => string) => ({ input: text, output: text });

const CORPORA: readonly Corpus[] = [
  { name: "ASCII, 28 characters", ...same((n) => `correct horse battery ${100_000 + n}`) },
  { name: "Latin with accents", ...same((n) => `pa\u00dfw\u00f6rt-stra\u00dfe-${n}`) },
  {
    name: "Cyrillic, Chinese and kana",
    ...same((n) => `\u043f\u0430\u0440\u043e\u043b\u044c${n}\u5bc6\u7801\u30d1\u30b9`),
  },
  { name: "Arabic", ...same((n) => `\u0627\u0628${n}\u062a\u062b`) },
  {
    name: "mapped and composed",
    input: (n) => `I\u00adX\u00a0\u2168 \ufb01 \uff35\uff53 e\u0301 ${n}`,
    output: (n) => `IX IX fi Us \u00e9 ${n}`,
  },
];

/** Prepares a thousand texts; the check compares each. */
function preparing({ name, input, output }: Corpus, prepare: (text: string) => unknown): Work {
  const texts = Array.from({ length: 1000 }, (_, n) => input(n));
  return {
    run() {
      let length = 0;
      for (const text of texts) length += String(prepare(text)).length;
      if (length === 0) throw new Error(`${name}: nothing came of it`);
    },
    check() {
      for (const [n, text] of texts.entries()) {
        const found = prepare(text);
        if (found !== output(n)) throw new Error(`${name}: expected ${output(n)}, got ${String(found)}`);
      }
    },
  };
}

export function preparations(): Table {
  const rows = CORPORA.map(
    (corpus): Row => ({
      name: corpus.name,
      amount: 1,
      works: {
        sasl: preparing(corpus, saslprep),
        "@mongodb-js/saslprep": preparing(corpus, (text) => mongodb(text, { allowUnassigned: true })),
      },
    }),
  );
  return { title: "SASLprep, as a query", unit: "thousand/s", columns: ["sasl", "@mongodb-js/saslprep"], rows };
}
