import { type Input, type Op, sizeOf } from "./input/input.ts";

/**
 * Makes an input smaller as long as something still holds for it: operations are left out, then octets and characters,
 * then choices (Zeller's ddmin).
 *
 * @param fails whether it still holds
 * @param tries how often that is asked at most
 */
export function reduce(input: Input, fails: (input: Input) => boolean, tries = 3000): Input {
  let left = tries;
  const holds = (smaller: Input) => left-- > 0 && fails(smaller);
  let now = input;
  for (let before = Number.POSITIVE_INFINITY; sizeOf(now) < before && left > 0; ) {
    before = sizeOf(now);
    now = { ...now, ops: ddmin(now.ops, (ops) => holds({ ...now, ops })) };
    for (let at = 0; at < now.ops.length && left > 0; at++) now = reducedOp(now, at, holds);
    now = reducedChoices(now, holds);
  }
  return now;
}

function reducedOp(input: Input, at: number, holds: (input: Input) => boolean): Input {
  const op = input.ops[at]!;
  const putBack = (changed: Op): Input => ({ ...input, ops: input.ops.toSpliced(at, 1, changed) });
  if (op.kind === "octets") {
    const make = (bytes: readonly number[]) => putBack({ kind: "octets", bytes: Uint8Array.from(bytes) });
    return make(ddmin([...op.bytes], (bytes) => holds(make(bytes))));
  }
  if (op.kind === "call" && op.text !== "") {
    const make = (characters: readonly string[]) => putBack({ ...op, text: characters.join("") });
    return make(ddmin([...op.text], (characters) => holds(make(characters))));
  }
  return input;
}

/** Shorter first, then each as small as it can be. */
function reducedChoices(input: Input, holds: (input: Input) => boolean): Input {
  let now = input;
  while (now.choices.length > 0) {
    const shorter = { ...now, choices: now.choices.slice(0, -1) };
    if (!holds(shorter)) break;
    now = shorter;
  }
  for (let at = 0; at < now.choices.length; at++) {
    if (now.choices[at] === 0) continue;
    const zero = { ...now, choices: now.choices.with(at, 0) };
    if (holds(zero)) now = zero;
  }
  return now;
}

/** The list without what it does not need: halves, quarters and so on are left out, down to single items. */
export function ddmin<Item>(items: readonly Item[], holds: (items: readonly Item[]) => boolean): readonly Item[] {
  let now = items;
  for (let size = Math.max(1, now.length >> 1); ; ) {
    let smaller = false;
    for (let at = 0; at < now.length; ) {
      const without = [...now.slice(0, at), ...now.slice(at + size)];
      if (holds(without)) {
        now = without;
        smaller = true;
      } else at += size;
    }
    if (size > 1) size = Math.max(1, size >> 1);
    else if (!smaller) return now;
  }
}
