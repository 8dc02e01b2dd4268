declare module "emailjs-smtp-client/dist/parser.js" {
  class SmtpResponseParser {
    ondata: (reply: { readonly statusCode: number; readonly data: string }) => void;
    send(text: string): void;
  }

  /** The module is of another kind than it says: what it exports by default stands one level below. */
  const module: { readonly default: typeof SmtpResponseParser };
  export default module;
}
