import { parseMailbox } from "../path/mailbox.ts";
import { formatPath, type ReversePath } from "../path/path.ts";
import { decodeXtext, encodeXtext } from "../xtext.ts";
import { type Parameter, valueParameter } from "./parameter.ts";

/**
 * AUTH (RFC 4954 §5): who submitted the message, as an authenticated peer vouches; the null path for "unknown".
 *
 * `auth-param = "AUTH=" xtext`, of a Mailbox or of `<>`
 */
export const auth: Parameter<ReversePath> = valueParameter<ReversePath>({
  keyword: "AUTH",
  extensions: { AUTH: 500 },
  expected: "a mailbox in xtext, or <>",
  parse: (value) => {
    const text = decodeXtext(value);
    return text === "<>" ? { kind: "null", address: "" } : parseMailbox(text ?? "");
  },
  format: (value) => encodeXtext(value.kind === "null" ? "<>" : formatPath(value).slice(1, -1)),
});
