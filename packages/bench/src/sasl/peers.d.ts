declare module "pg/lib/crypto/sasl.js" {
  interface Session {
    /** What is to be sent; it changes with every step. */
    readonly response: string;
  }

  const sasl: {
    startSession(mechanisms: readonly string[], stream: null): Session;
    continueSession(session: Session, password: string, serverData: string, stream: null): Promise<void>;
    finalizeSession(session: Session, serverData: string): void;
  };
  export default sasl;
}

declare module "sasl-scram-sha-1" {
  export default class Mechanism {
    challenge(text: string): this;
    response(credentials: { readonly username: string; readonly password: string }): string | Promise<string>;
  }
}
