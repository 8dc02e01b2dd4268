/** A reply code and its meaning in our own words. */
export interface ReplyCode {
  readonly code: number;
  readonly meaning: string;
  /** The document that defines it. */
  readonly source: string;
}

const RFC5321 = "RFC 5321 §4.2.3";

/** The reply codes of RFC 5321 §4.2.3 and of the extensions, in numeric order. */
export const replyCodes: readonly ReplyCode[] = [
  { code: 211, meaning: "system status, or help on the system", source: RFC5321 },
  { code: 214, meaning: "help for a human reader", source: RFC5321 },
  { code: 220, meaning: "the service is ready", source: RFC5321 },
  { code: 221, meaning: "the service closes the connection", source: RFC5321 },
  { code: 235, meaning: "authentication succeeded", source: "RFC 4954 §6" },
  { code: 250, meaning: "the action was done", source: RFC5321 },
  { code: 251, meaning: "the user is not local; the message will be forwarded", source: RFC5321 },
  { code: 252, meaning: "the user cannot be verified; the message will be taken", source: RFC5321 },
  { code: 253, meaning: "so many messages are pending, and their delivery has begun", source: "RFC 1985 §5.1" },
  { code: 334, meaning: "a SASL challenge, in base64", source: "RFC 4954 §4" },
  { code: 354, meaning: "send the message, and end it with CRLF.CRLF", source: RFC5321 },
  { code: 355, meaning: "send the message from the offset given", source: "RFC 1845 §4" },
  { code: 421, meaning: "the service is not available, and closes the connection", source: RFC5321 },
  { code: 432, meaning: "the password must be changed to another mechanism first", source: "RFC 4954 §6" },
  { code: 450, meaning: "the mailbox is not available now", source: RFC5321 },
  { code: 451, meaning: "the action was broken off by an error of the server's", source: RFC5321 },
  { code: 452, meaning: "there is not enough storage now", source: RFC5321 },
  { code: 453, meaning: "there is no mail for the domains", source: "RFC 2645 §5.2.1" },
  { code: 454, meaning: "TLS, or authentication, is not available now", source: "RFC 3207 §4, RFC 4954 §6" },
  { code: 455, meaning: "the parameters cannot be honoured now", source: RFC5321 },
  { code: 458, meaning: "the messages for the host cannot be queued", source: "RFC 1985 §5.1" },
  { code: 459, meaning: "the host is not allowed", source: "RFC 1985 §5.1" },
  { code: 500, meaning: "the command is unknown, or its line too long", source: RFC5321 },
  { code: 501, meaning: "the command's arguments are malformed", source: RFC5321 },
  { code: 502, meaning: "the command is known, and not implemented", source: RFC5321 },
  { code: 503, meaning: "the command is out of sequence", source: RFC5321 },
  { code: 504, meaning: "an argument of the command is not implemented", source: RFC5321 },
  { code: 521, meaning: "the host never takes mail", source: "RFC 7504 §3" },
  { code: 523, meaning: "the mechanism needs encryption", source: "RFC 5248 §2.4" },
  { code: 524, meaning: "the password must be changed to another mechanism first", source: "RFC 5248 §2.4" },
  { code: 525, meaning: "the user's account is disabled", source: "RFC 5248 §2.4" },
  { code: 530, meaning: "TLS, or authentication, is required first", source: "RFC 3207 §4, RFC 4954 §6" },
  { code: 534, meaning: "the mechanism is too weak for this user", source: "RFC 4954 §6" },
  { code: 535, meaning: "the credentials are not valid", source: "RFC 4954 §6" },
  { code: 538, meaning: "the mechanism needs TLS", source: "RFC 4954 §6" },
  { code: 550, meaning: "the mailbox is not available, or the command refused by policy", source: RFC5321 },
  { code: 551, meaning: "the user is not local, and the message not forwarded", source: RFC5321 },
  { code: 552, meaning: "the mail exceeds the storage allotted to it", source: RFC5321 },
  { code: 553, meaning: "the mailbox name is not allowed", source: RFC5321 },
  { code: 554, meaning: "the transaction failed; as a greeting: no service here", source: RFC5321 },
  { code: 555, meaning: "a parameter of MAIL or RCPT is not known", source: RFC5321 },
  { code: 556, meaning: "the recipient's domain takes no mail", source: "RFC 7504 §4" },
];

/** The entry of a code, or undefined for one that is not registered here. */
export function replyCode(code: number): ReplyCode | undefined {
  return replyCodes.find((entry) => entry.code === code);
}
