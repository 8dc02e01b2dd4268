import { authSecret } from "../session/auth-line.ts";
import type { AuthOnlooker, DueLine } from "../session/auth-onlooker.ts";
import type { MaskKind } from "./mask.ts";

/**
 * What a line of the client's holds of SASL, if it is none of content: for the {@link WireRules} of protocols with
 * AUTH.
 */
export class ClientLine {
  readonly #onlooker: AuthOnlooker<DueLine>;
  /** Whether the line under way was shown before all of it had come. */
  #early = false;

  constructor(onlooker: AuthOnlooker<DueLine>) {
    this.#onlooker = onlooker;
  }

  /** As the rules' `begins`. @param line null: not all of it is known */
  begins(line: string | null): MaskKind {
    this.#onlooker.underWay = true;
    this.#early = line === null;
    return this.#onlooker.maybeResponse(line) ? "sasl" : "shown";
  }

  /** As the rules' `goesOn`. */
  goesOn(text: string, ahead: () => string): MaskKind {
    const secret = authSecret(text, ahead);
    if (secret === "response" || (secret === null && this.#early && this.#onlooker.strays(text))) return "sasl";
    return secret ?? "shown";
  }
}
