/** Lines of content and of wire forms where framing is decided. */
export const contentLines: readonly string[] = [
  ...[".\r\n", "..\r\n", "...\r\n", ".a\r\n", "a.\r\n", "\r\n", "a\r\n", ".", "\r", "\n", "\0", "\r\n.\r\n"],
  ...["\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r.\r\n", "\r\n.\r", "\r\n\0.\r\n", "\r\n.\0\r\n", ".\r\r\n", "\r\r\n"],
  ...[`${"a".repeat(10)}\r\n`, `.${"a".repeat(10)}\r\n`, "a".repeat(998), `${"a".repeat(510)}\r\n`, "\xff\x80\r\n"],
];
