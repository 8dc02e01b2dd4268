/** Commands and SASL responses that POP3 clients send, right and wrong. */
export const clientLines: readonly string[] = [
  ...["USER tim\r\n", "PASS tanstaaf\r\n", "PASS x y \r\n", "USER \r\n", "USER a b\r\n", "APOP tim c4c9334bac560ecc979e58001b3e22fb\r\n"],
  ...["APOP tim C4C9334BAC560ECC979E58001B3E22FB\r\n", "STAT\r\n", "LIST\r\n", "LIST 1\r\n", "LIST 0\r\n", "LIST 99999999999999999999\r\n"],
  ...["UIDL\r\n", "UIDL 2\r\n", "RETR 1\r\n", "RETR 2\r\n", "RETR 9\r\n", "TOP 1 0\r\n", "TOP 2 1\r\n", "TOP 1\r\n", "TOP 1 -1\r\n", "DELE 1\r\n", "DELE 2\r\n"],
  ...["NOOP\r\n", "RSET\r\n", "QUIT\r\n", "CAPA\r\n", "STLS\r\n", "STLS\r\nUSER evil\r\n", "UTF8\r\n", "LANG\r\n", "LANG *\r\n", "LANG de\r\n"],
  ...["AUTH\r\n", "AUTH PLAIN AHRpbQB0YW5zdGFhZg==\r\n", "AUTH PLAIN\r\n", "AHRpbQB0YW5zdGFhZg==\r\n", "AUTH LOGIN\r\n", "dGlt\r\n", "*\r\n", "=\r\n"],
  ...["AUTH CRAM-MD5\r\n", "AUTH NONE\r\n", "LAST\r\n", "XYZ a b\r\n", "\r\n", "stat\r\n", "NOOP \r\n", "NOOP x\r\n", "RETR 01\r\n", "RETR +1\r\n", "RETR 1 2\r\n"],
  ...["USER gr\xc3\xbc\xc3\x9f\r\n", "USER \xff\r\n", "NO\0OP\r\n", "STAT\n", "ST\rAT\r\n", `XYZ ${"x".repeat(249)}\r\n`, `XYZ ${"x".repeat(250)}\r\n`],
  ...[`${"y".repeat(300)}\r\n`, `AUTH PLAIN ${"A".repeat(400)}\r\n`, `AUTH PLAIN ${"A".repeat(13_000)}\r\n`],
];

/** Lines that POP3 servers send, right and wrong. */
export const serverLines: readonly string[] = [
  ...["+OK\r\n", "+OK ready <1896.697170952@dbc.mtview.ca.us>\r\n", "+OK 2 320\r\n", "+OK 1 120\r\n", "-ERR\r\n", "-ERR [IN-USE] x\r\n", "-ERR [SYS/TEMP] y\r\n"],
  ...["1 120\r\n", "2 200\r\n", "1 uid-1\r\n", "2 uid-2\r\n", ".\r\n", "..\r\n", "..x\r\n", ".x\r\n", "\r\n", "Subject: x\r\n", "x\n.\n", "\n.\r\n", "\r\n.\n"],
  ...["+ \r\n", "+ eWVz\r\n", "+\r\n", "PIPELINING\r\n", "SASL PLAIN LOGIN\r\n", "USER\r\n", "STLS\r\n", "UIDL\r\n", "TOP\r\n", "UTF8 USER\r\n", "LANG\r\n", "EXPIRE 0 USER\r\n"],
  ...["en English\r\n", "+OK en ok\r\n", "1 \r\n", "0 1\r\n", "1  2\r\n", "x\r\n", "\0\r\n", "\n", "+OK\n", "+ok\r\n", "OK\r\n", "+O", "\xff\r\n", "1 2 3\r\n"],
  ...["+OK\r\nPIPELINING\r\nSASL PLAIN\r\nUSER\r\n.\r\n", "+OK 2 messages\r\n1 120\r\n2 200\r\n.\r\n", "+OK\r\n1 a\r\n2 b\r\n.\r\n", "+OK 5 octets\r\nabc\r\n.\r\n"],
  ...[`9 ${"9".repeat(520)}\r\n`, `${"x".repeat(513)}\r\n`, `+OK ${"x".repeat(506)}\r\n`, `+OK ${"x".repeat(507)}\r\n`, `1 ${"u".repeat(70)}\r\n`, `1 ${"u".repeat(71)}\r\n`],
];
