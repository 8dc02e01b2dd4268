/**
 * The timestamp of a greeting, or null: the first `<…@…>` of visible ASCII without inner angle brackets (RFC 1939 §7).
 * One pass, whatever the text.
 *
 * `timestamp = "<" *VCHAR ">"   ; MUST conform to RFC 822 msg-id` (RFC 2449 §3)
 */
export function findTimestamp(text: string): string | null {
  let open = -1;
  let at = 0; // how many @ since
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x3c) {
      open = index;
      at = 0;
    } else if (open >= 0 && code === 0x3e) {
      const found = text.slice(open, index + 1);
      if (at === 1 && found[1] !== "@" && found.at(-2) !== "@") return found;
      open = -1;
    } else if (code < 0x21 || code > 0x7e) open = -1;
    else if (code === 0x40) at++;
  }
  return null;
}
