import fc from "fast-check";
import {
  formatGs2Header,
  formatScramKeys,
  makeScramKeys,
  parseGs2Header,
  parseScramKeys,
  type ScramKeys,
  scramSha1,
  scramSha256,
  verifyScramPassword,
} from "sasl";
import { saslprep, tracePrep } from "sasl/saslprep";
import { formatSecurityBuffer, SecurityBufferReader } from "sasl/security-layer";
import { holds, latin1, same, shown, weight } from "../../finding.ts";
import { decoderTarget, type RestorableDecoder } from "../decoder.ts";
import { linesTarget, noise, utf8Line } from "../lines.ts";

const names = [
  "I\u00adX",
  "\u2168",
  "\u06271",
  "\u0221",
  "user",
  "\u00aa",
  "\u0007",
  "a\u00a0b",
  "\u0627\u0628",
  "\u1680",
  "\ufb01",
  "e\u0301",
  "\ud7ff",
  "\u200b",
  "x\u0340",
];

/** SASLprep: its result is prepared, and prepared again it stays as it is. */
export const saslPrep = linesTarget({
  name: "saslprep",
  files: ["sasl/src/saslprep/"],
  lines: names.map((name) => latin1(utf8Line(name))),
  octets: fc.oneof(
    fc.string({ unit: "binary", maxLength: 20 }).map(utf8Line),
    fc.array(fc.constantFrom(...names), { maxLength: 4 }).map((all) => utf8Line(all.join(""))),
  ),
  check(line, choices) {
    const text = new TextDecoder().decode(line);
    const use = choices.pick("query", "stored");
    const prepared = saslprep(text, use);
    if (/^[ -~]*$/.test(text)) same(prepared, text, "printable ASCII stays as it is");
    if (typeof prepared === "string") {
      // Form KC is that of Unicode 3.2: what was assigned since then may be something else to this platform.
      if (typeof saslprep(text, "stored") === "string")
        same(prepared.normalize("NFKC"), prepared, "the result is of form KC");
      holds(
        !/[\0-\x1f\x7f\xa0\xad\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff\ufff9-\uffff\ue000-\uf8ff]/.test(
          prepared,
        ),
        "no control, no other space, nothing private",
      );
      if (/[\u05d0-\u05ea\u0621-\u063a]/.test(prepared)) {
        holds(!/[a-zA-Z]/.test(prepared), "no mixing of directions");
        holds(!/^[ -@]|[ -@]$/.test(prepared), "what is read from right to left begins and ends so");
      }
      const again = saslprep(prepared, use);
      // RFC 4013 is no projection where normalization brings forth what is mapped: then the second pass fails or
      // differs, and both are text.
      if (typeof again === "string") same(saslprep(again, use), again, "what is prepared stays as it is");
      const unassigned = saslprep(text, "query");
      same(unassigned, prepared, "what can be stored can be asked for");
    } else {
      holds(prepared.codePoint >= 0 && /RFC (3454|4013)/.test(prepared.rule), () => shown(prepared));
    }
    const trace = tracePrep(text);
    if (typeof trace === "string") same(trace, text, "a trace is never changed");
  },
});

const keyLines = [
  "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=\r\n",
  "{SCRAM-SHA-1}4096,QSXCR+Q6sek8bf92,6dlGYMOdZcOPutkcNY8U2g7vK9Y=,D+CSWLOshSulAsxiupA+qs2/fTE=\r\n",
  "SCRAM-SHA-1$0:QQ==$QQ==:QQ==\r\n",
  "n,,\r\n",
  "y,a=tim,rest\r\n",
  "p=tls-exporter,,rest\r\n",
  "F,n,a=a=2Cb=3Dc,\r\n",
  "n,a==,\r\n",
];

/** Keys as stored, and GS2 headers: what is read comes back as it was written. */
export const saslKeys = linesTarget({
  name: "sasl-stored-keys",
  files: [
    "sasl/src/scram/stored-form.ts",
    "sasl/src/scram/stored-keys.ts",
    "sasl/src/text/base64.ts",
    "sasl/src/text/gs2.ts",
  ],
  lines: keyLines,
  octets: fc.oneof(
    noise(keyLines),
    fc
      .tuple(
        fc.constantFrom(scramSha1, scramSha256),
        fc.uint8Array({ minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom("rfc5803" as const, "dovecot" as const),
      )
      .map(([hash, salt, iterations, form]) =>
        utf8Line(
          formatScramKeys(
            makeScramKeys(hash, { password: "tim", salt, iterations, minIterations: 1, prepare: (x: string) => x }),
            form,
          ),
        ),
      ),
  ),
  check(line) {
    const text = latin1(line);
    let keys: ReturnType<typeof parseScramKeys> | null = null;
    try {
      keys = parseScramKeys(text);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      holds(text.length < 8 || !error.message.includes(text.slice(-8)), "an error shows no key");
    }
    if (keys !== null) {
      same(
        formatScramKeys(keys, text.startsWith("{") ? "dovecot" : "rfc5803"),
        text,
        "keys come back as they were stored",
      );
      if (keys.iterations < 5 && keys.mechanism === "SCRAM-SHA-256" && keys.salt.length > 0) checkPassword(keys);
    }
    const header = parseGs2Header(text);
    if (header !== null) {
      const { bound, rest, ...parts } = header;
      same(formatGs2Header(parts) + rest, text, "a header comes back as it was");
      holds(text.endsWith(bound + rest), "what is bound is the header as it came");
    }
  },
});

/** A password is right if what is stored is what would be stored of it. */
function checkPassword(keys: ScramKeys): void {
  const { salt, iterations, storedKey } = keys;
  const made = makeScramKeys(scramSha256, { password: "tim", salt, iterations, minIterations: 1 });
  const isRight = latin1(made.storedKey) === latin1(storedKey);
  same(verifyScramPassword(scramSha256, keys, { password: "tim" }), isRight, "whether a password is right");
  holds(!verifyScramPassword(scramSha256, null, { password: "tim", iterations }), "nobody has no password");
  const other = { saltedPassword: new Uint8Array(32) };
  holds(!verifyScramPassword(scramSha256, made, other), "what is salted is not the salted password");
  same(
    latin1(makeScramKeys(scramSha256, { ...other, salt, iterations, minIterations: 1 }).storedKey) ===
      latin1(storedKey),
    verifyScramPassword(scramSha256, keys, other),
    "whether a salted password is right",
  );
}

/** Buffers of a security layer, beside a reference that reads the whole. */
export const securityBuffers = decoderTarget({
  name: "sasl-security-buffers",
  files: ["sasl/src/security-layer/"],
  lines: ["\0\0\0\x01a", "\0\0\0\0", "\0\0\x01\0", "\xff\xff\xff\xff", "\0\0\0\x0a0123456789"],
  octets: fc
    .array(fc.oneof(fc.uint8Array({ maxLength: 12 }).map(formatSecurityBuffer), fc.uint8Array({ maxLength: 6 })), {
      maxLength: 5,
    })
    .map((all) => new Uint8Array(Buffer.concat(all))),
  setting(choices) {
    const maxSize = choices.pick(64, 0, 1, 10, 1000);
    return {
      make: () => bufferDecoder(new SecurityBufferReader(maxSize)),
      keeps: Number.POSITIVE_INFINITY,
      check(bytes, said) {
        const found = said.flatMap((word) => ("buffer" in word ? [word["buffer"]] : []));
        const expected: string[] = [];
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
        for (let at = 0; at + 4 <= bytes.length; ) {
          const length = view.getUint32(at);
          if (length > maxSize || at + 4 + length > bytes.length) break;
          expected.push(latin1(bytes.subarray(at + 4, at + 4 + length)));
          at += 4 + length;
        }
        same(found, expected, "the reference");
      },
    };
  },
});

/** A reader has no snapshot: it stays the one it is. */
function bufferDecoder(reader: SecurityBufferReader): RestorableDecoder {
  let reason: string | null = null;
  const decoder: RestorableDecoder = {
    push(chunk) {
      const { buffers, failure } = reader.push(chunk);
      reason = failure?.reason ?? null;
      return { consumed: chunk.length, said: buffers.map((bytes) => ({ buffer: latin1(bytes) })) };
    },
    end: () => [{ reason }],
    restored: () => decoder,
    kept: () => weight(0),
  };
  return decoder;
}
