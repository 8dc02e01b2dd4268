import { asciiUpperCase } from "../characters.ts";
import { type Parameter, valueParameter } from "./parameter.ts";

/** What the content is declared to be (RFC 6152 §2, RFC 3030 §3). */
export type Body = "7BIT" | "8BITMIME" | "BINARYMIME";

const VALUES: readonly Body[] = ["7BIT", "8BITMIME", "BINARYMIME"];

function parse(value: string): Body | null {
  const upper = asciiUpperCase(value) as Body;
  return VALUES.includes(upper) ? upper : null;
}

/** `body-value = "7BIT" / "8BITMIME" / "BINARYMIME"`, each of the last two where its extension is offered. */
export const body: Parameter<Body> = valueParameter({
  keyword: "BODY",
  extensions: { "8BITMIME": 14, BINARYMIME: 16 },
  expected: "7BIT, 8BITMIME or BINARYMIME",
  parse,
  refuse: (value, { offered }) => {
    if (value === "7BIT" || offered(value) !== undefined) return null;
    return { text: "a value whose extension is not offered", reply: { code: 555, enhanced: "5.5.4" } };
  },
});
