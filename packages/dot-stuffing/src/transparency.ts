import { leap, lowOctets } from "./leap.ts";
import {
  AFTER_CR,
  AFTER_DOT,
  AFTER_DOT_CR,
  BLOCK,
  ENDED,
  FIRST_BLOCK,
  HARD_START,
  NEAR,
  SOFT_START,
  TEXT,
} from "./numbers.ts";
import { CR, DOT, LF, NOTHING } from "./octets.ts";
import type { Rules } from "./rules.ts";
import type { ContentState } from "./state.ts";
import { forbiddenOctet, limitPassed } from "./violation.ts";

const NO_WORDS = new DataView(NOTHING.buffer);

/** What became of a chunk. */
export interface Step {
  readonly state: ContentState;
  readonly content: Uint8Array[];
}

/**
 * Puts in or takes away the dots of a chunk of content (RFC 5321 §4.5.2), up to the content's end.
 *
 * Octets are read one by one and copied, text four at a step. Where nothing has changed for a while the text up to the
 * next place where something may is leapt over, and comes out as a view: that is all that is done for speed, and it
 * decides nothing.
 */
export function translate(rules: Rules, before: ContentState, chunk: Uint8Array<ArrayBuffer>): Step {
  const { dots: puts, lineEndings, maxSize, maxLineLength } = rules;
  const { length } = chunk;
  // What is short is read by octets: words have a price at the start.
  const octets = length < NEAR ? NO_WORDS : new DataView(chunk.buffer, chunk.byteOffset, length);
  let { after, size, dots, lineLength, longestLine, violation } = before;
  let allowed = size; // of the content, once there is a violation
  const content: Uint8Array[] = [];
  let out = violation === null ? content : [];
  let block = NOTHING;
  let copies = NO_WORDS; // of the block
  let from = 0; // where in the block the piece in work begins
  let to = 0;
  let at = 0;
  let change = -NEAR; // the last place where what comes out differs from what came in

  while (at < length && after !== ENDED) {
    const isText = chunk[at]! > CR && after <= TEXT && (after > SOFT_START || chunk[at] !== DOT);
    if (at - change >= NEAR && isText) {
      const [end, endLength, longest] = leap(chunk, octets, at, lineLength, longestLine, maxLineLength);
      const passed = violation === null && (size + end - at > maxSize || endLength > maxLineLength);
      // What was looked at in vain is not looked at again: up to the next change octets are copied.
      if (passed || (end - at < NEAR && end < length)) change = length;
      else {
        add(out, block, from, to);
        from = to;
        add(out, chunk, at, end);
        size += end - at;
        lineLength = endLength;
        longestLine = longest;
        at = end;
        after = endLength > 0 ? TEXT : HARD_START;
        continue;
      }
    }
    // So few at a time that no limit is passed by more than one octet, or one line end.
    const room = violation === null ? Math.max(1, Math.min(maxSize - size, maxLineLength - lineLength)) : NEAR;
    const count = Math.min(NEAR, length - at, room) | 0;
    const stop = at + count;
    if (block.length - to < 2 * count + 4) {
      add(out, block, from, to);
      block = new Uint8Array(Math.min(BLOCK, 4 * block.length + FIRST_BLOCK, 2 * (length - at) + 4));
      copies = length - at < NEAR ? NO_WORDS : new DataView(block.buffer);
      from = to = 0;
    }
    const words = copies === NO_WORDS ? 0 : stop - 4;
    const first = to - size - dots;
    let line = to - lineLength;
    let bare: "bare-cr" | "bare-lf" | null = null;
    while (at < stop) {
      const octet = chunk[at++]!;
      if (octet > CR && after === TEXT) {
        block[to++] = octet;
        for (let four = 0; at <= words; at += 4, to += 4) {
          four = octets.getInt32(at);
          if (lowOctets(four) !== 0) break;
          copies.setInt32(to, four);
        }
      } else if (after >= AFTER_CR) {
        if (octet !== LF) {
          at--;
          bare = "bare-cr";
          break;
        }
        if (after === AFTER_DOT_CR) {
          after = ENDED;
          break;
        }
        if (to - line > longestLine) longestLine = to - line;
        block[to++] = CR;
        block[to++] = LF;
        line = to;
        after = HARD_START;
      } else if (octet === CR) after = after === AFTER_DOT ? AFTER_DOT_CR : AFTER_CR;
      else if (octet === LF) {
        bare = "bare-lf";
        break;
      } else if (octet === DOT && after <= SOFT_START && puts !== null) {
        change = at;
        if (puts) {
          block[to++] = DOT;
          block[to++] = DOT;
          dots++;
          line++;
          after = TEXT;
        } else after = after === HARD_START ? AFTER_DOT : TEXT;
      } else {
        block[to++] = octet;
        after = TEXT;
      }
    }
    if (bare !== null) {
      after = TEXT;
      change = at;
      if (lineEndings === "preserve") block[to++] = bare === "bare-cr" ? CR : LF;
      else {
        if (to - line > longestLine) longestLine = to - line;
        if (lineEndings === "normalize") {
          after = SOFT_START;
          block[to++] = CR;
          block[to++] = LF;
        }
        line = to;
      }
    }
    lineLength = to - line;
    size = to - first - dots;
    const tooLong = lineLength - maxLineLength;
    const excess = Math.max(tooLong, size - maxSize, 0);
    const refused = bare !== null && lineEndings === "reject";
    if (violation === null && (excess > 0 || refused)) {
      const offset = before.offset + at - (bare === null ? excess : 1);
      if (excess === 0) violation = forbiddenOctet(bare!, offset);
      else if (excess === tooLong) violation = limitPassed("line-too-long", offset, maxLineLength);
      else violation = limitPassed("message-too-big", offset, maxSize);
      allowed = size - excess;
      add(out, block, from, to - excess);
      from = to;
      out = [];
    }
  }
  add(out, block, from, to);
  if (violation !== null) size = allowed;
  return { state: { after, offset: before.offset + at, size, dots, lineLength, longestLine, violation }, content };
}

/** Adds a piece, if there is anything in it. */
function add(pieces: Uint8Array[], source: Uint8Array, start: number, end: number): void {
  if (end > start) pieces.push(source.subarray(start, end));
}
