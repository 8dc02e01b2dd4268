import fc from "fast-check";
import { mailParameters as anyMail, rcptParameters as anyRcpt } from "smtp-codec/arbitraries";
import {
  decodeUnitext,
  decodeXtext,
  encodeUnitext,
  encodeXtext,
  formatParameters,
  isFault,
  mailParameterSet,
  mailParameters,
  type ParameterSet,
  parseDateTime,
  parseParameters,
  rcptParameterSet,
  rcptParameters,
  typeParameters,
  writeParameters,
} from "smtp-codec/syntax";
import { holds, same } from "../../finding.ts";
import { linesTarget, noise, utf8Line } from "../lines.ts";

const lines = [
  ...[
    " SIZE=10 BODY=8BITMIME\r\n",
    " SIZE=18446744073709551616\r\n",
    " RET=HDRS ENVID=a+2Bb\r\n",
    " AUTH=<>\r\n",
    " AUTH=a+40b\r\n",
  ],
  ...[
    " NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;a+40b\r\n",
    " NOTIFY=NEVER,DELAY\r\n",
    " BY=120;RT\r\n",
    " HOLDFOR=10\r\n",
    " MT-PRIORITY=-9\r\n",
  ],
  ...[
    " HOLDUNTIL=2014-02-29T00:00:00Z\r\n",
    " RRVS=2014-04-03T23:01:00Z;C\r\n",
    " SOLICIT=org.example:ADV\r\n",
    " ORCPT=utf-8;\\x{E9}@b\r\n",
  ],
  ...[
    "a+2Bb\r\n",
    "+4\r\n",
    "+4g\r\n",
    "\\x{10FFFF}\r\n",
    "2024-12-31T23:59:60Z\r\n",
    " SMTPUTF8 REQUIRETLS CONPERM\r\n",
    " X=1 X=2\r\n",
  ],
];
const all = (text: string) => utf8Line(text);

/** ESMTP parameters, typed and as they are written, xtext, unitext and date-times. */
export const smtpParameters = linesTarget({
  name: "smtp-parameters",
  files: [
    "smtp-codec/src/syntax/parameters/",
    "smtp-codec/src/syntax/xtext.ts",
    "smtp-codec/src/syntax/unitext.ts",
    "smtp-codec/src/syntax/date-time.ts",
    "smtp-codec/src/syntax/calendar.ts",
  ],
  lines,
  octets: fc.oneof(
    noise(lines),
    anyMail().map((parameters) => all(formatParameters(mailParameters(parameters)))),
    anyRcpt().map((parameters) => all(formatParameters(rcptParameters(parameters)))),
    anyRcpt({ smtputf8: true }).map((parameters) =>
      all(
        formatParameters(
          rcptParameters(parameters, () => []),
          { smtputf8: true },
        ),
      ),
    ),
  ),
  check(line, choices) {
    const text = new TextDecoder().decode(line);
    const smtputf8 = choices.pick(false, true);
    const parameters = parseParameters(text, 0, { smtputf8 });
    if (!isFault(parameters)) {
      const again = parseParameters(formatParameters(parameters, { smtputf8 }), 0, { smtputf8 });
      same(again, parameters, "parameters that were written are read back");
      const offered = (extension: string) => (extension === "SMTPUTF8" && !smtputf8 ? undefined : []);
      for (const set of [mailParameterSet, rcptParameterSet] as readonly ParameterSet[]) {
        const typed = typeParameters(set, parameters, offered);
        // An ORCPT of more than 500 octets, or an AUTH of more than 254, is read, and not sent.
        if (parameters.some(({ value }) => (value ?? "").length > 254)) continue;
        // A size above 2^53-1 is read as Infinity, which nobody sends.
        if (isFault(typed) || ("size" in typed && typed["size"] === Number.POSITIVE_INFINITY)) continue;
        same(typeParameters(set, writeParameters(set, typed, offered), offered), typed, "typed parameters come back");
        const size = parameters.find(({ keyword }) => keyword === "SIZE")?.value;
        if (size != null && "size" in typed) same(BigInt(size), BigInt(typed["size"] as number), "SIZE");
      }
    }
    checkXtext(text);
    const date = parseDateTime(text);
    if (date !== null)
      holds(!Number.isNaN(Date.parse(text.toUpperCase().replace(/:60(?=[.Z+-])/, ":59"))), "a date-time is a date");
  },
});

function checkXtext(text: string): void {
  const decoded = decodeXtext(text);
  if (decoded !== null) {
    same(decodeXtext(encodeXtext(decoded)), decoded, "xtext comes back");
    same(/^(?:[!-*,-<>-~]|\+[0-7][0-9A-Fa-f])*$/.test(text), true, "xtext is in its grammar");
  }
  for (const nonAscii of [false, true]) {
    const plain = decodeUnitext(text, nonAscii);
    if (plain !== null) same(decodeUnitext(encodeUnitext(plain, nonAscii), nonAscii), plain, "unitext comes back");
  }
}
