import { plainChunk } from "../check.ts";
import type { LineEndings } from "../line-endings.ts";
import { AFTER_CR, SOFT_START } from "../numbers.ts";
import { CR, LF } from "../octets.ts";
import { checkRules, type Rules } from "../rules.ts";
import { type ContentState, checkState, START } from "../state.ts";
import { bareOctet } from "../stuffer.ts";
import { translate } from "../transparency.ts";
import { forbiddenOctet } from "../violation.ts";

/**
 * Makes content ready for chunks of a known size (RFC 3030 §2): its line ends become CRLF, over all chunks as one
 * stream, its dots stay as they are, and a last line without its CRLF gets one, so that the content is the one that a
 * `Stuffer` would send.
 */
export class ChunkWriter {
  /** As a `Stuffer` has it: no line ever is stuffed. */
  readonly stuffedLines = 0;
  readonly #rules: Rules;
  #state: ContentState;

  /**
   * @param lineEndings what a CR or LF outside a CRLF does: `"normalize"` sends it as CRLF, `"reject"` throws,
   *   `"preserve"`: the octets are nobody's lines (RFC 3030 §3)
   * @param snapshot of content that goes on here
   * @throws RangeError for anything else, TypeError for what is no snapshot
   */
  constructor(lineEndings: LineEndings, snapshot: ContentState = START) {
    this.#rules = checkRules(null, ["normalize", "reject", "preserve"], { lineEndings });
    this.#state = checkState(snapshot);
  }

  /** All that is known between two chunks, as plain data. */
  snapshot(): ContentState {
    return { ...this.#state };
  }

  /** Octets given out so far. */
  get size(): number {
    return this.#state.size;
  }

  /** @throws RangeError under `"reject"` for a bare CR or LF; the chunk then counts as not pushed. */
  push(input: Uint8Array): Uint8Array[] {
    const chunk = plainChunk("chunk", input);
    if (this.#rules.lineEndings === "preserve") {
      this.#state = { ...this.#state, size: this.size + chunk.length };
      return chunk.length > 0 ? [chunk] : [];
    }
    const { state, content: pieces } = translate(this.#rules, this.#state, chunk);
    if (state.violation !== null) throw bareOctet(state.violation);
    this.#state = state;
    return pieces;
  }

  /** The octets that are held back, as something else comes after them. @throws RangeError under `"reject"` for a CR */
  flush(): Uint8Array[] {
    return this.#state.after === AFTER_CR ? this.#endLine() : [];
  }

  /** A last CRLF where it is missing. @throws RangeError under `"reject"` for a CR at the end */
  end(): Uint8Array[] {
    return this.#state.after > SOFT_START ? this.#endLine() : [];
  }

  #endLine(): Uint8Array[] {
    const { after, offset, size } = this.#state;
    if (after === AFTER_CR && this.#rules.lineEndings === "reject")
      throw bareOctet(forbiddenOctet("bare-cr", offset - 1));
    this.#state = { ...this.#state, after: SOFT_START, size: size + 2 };
    return [Uint8Array.of(CR, LF)];
  }
}
