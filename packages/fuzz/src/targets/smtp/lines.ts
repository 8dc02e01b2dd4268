/** Commands, content and responses that SMTP clients send, right and wrong. */
export const clientLines: readonly string[] = [
  ...["EHLO client.example.com\r\n", "HELO a\r\n", "LHLO a\r\n", "EHLO [192.0.2.1]\r\n", "EHLO\r\n", "ehlo a\r\n"],
  ...["MAIL FROM:<a@example.com>\r\n", "MAIL FROM:<>\r\n", "MAIL FROM:<a@b> SIZE=10\r\n", "MAIL FROM: <a@b>\r\n"],
  ...["MAIL FROM:<a@b> BODY=BINARYMIME\r\n", "MAIL FROM:<a@b> SIZE=99999999999\r\n", "MAIL FROM:<a@b> SIZE=1 SIZE=2\r\n"],
  ...["MAIL FROM:<a@b> BODY=8BITMIME SMTPUTF8\r\n", "MAIL FROM:<\xc3\xa9@b> SMTPUTF8\r\n", "MAIL FROM:a@b\r\n"],
  ...["MAIL FROM:<a@b> RET=HDRS ENVID=x+2By\r\n", "MAIL FROM:<a@b> AUTH=<> X=y\r\n", "MAIL FROM:<@h,@i:a@b>\r\n"],
  ...["RCPT TO:<b@example.org>\r\n", "RCPT TO:<c@d>\r\n", "RCPT TO:<Postmaster>\r\n", "RCPT TO:<>\r\n", 'RCPT TO:<"a b"@c>\r\n'],
  ...["RCPT TO:<b@c> NOTIFY=NEVER ORCPT=rfc822;x+40y\r\n", "RCPT TO:<b@[IPv6:::1]>\r\n", "RCPT TO:<b@c> NOTIFY=SUCCESS,DELAY\r\n"],
  ...["DATA\r\n", "data\r\n", "DATA x\r\n", "Subject: x\r\n", "\r\n", ".\r\n", "..\r\n", ".x\r\n", "\n.\n", "\r\n.\n", "a\nb\r\n"],
  ...["\n.\r\nMAIL FROM:<smuggled@x>\r\n", "a\rb\r\n", "\0\r\n", "x\r\n.\r\n", "\r.\r\n", ".\r\r\n"],
  ...["BDAT 0\r\n", "BDAT 3\r\nabc", "BDAT 5 LAST\r\nab\r\nc", "BDAT 2\r\n\r\n", "BDAT 1\r\n\r", "BDAT 1 LAST\r\n\n", "BDAT 0 LAST\r\n"],
  ...["BDAT\r\n", "BDAT 9x\r\n", "BDAT 70000 LAST\r\n", "BDAT 18446744073709551617\r\n", "BDAT 12 LAST\r\nQUIT\r\nNOOP\r\n"],
  ...["RSET\r\n", "NOOP\r\n", "NOOP x\r\n", "QUIT\r\n", "HELP\r\n", "VRFY a\r\n", "EXPN list\r\n", "ETRN @example.com\r\n", "FOO bar\r\n"],
  ...["STARTTLS\r\n", "STARTTLS\r\nEHLO evil\r\n", "STARTTLS x\r\n", "AUTH PLAIN AHRpbQB0YW5zdGFhZg==\r\n", "AUTH PLAIN\r\n"],
  ...["AHRpbQB0YW5zdGFhZg==\r\n", "AUTH LOGIN\r\n", "dGlt\r\n", "*\r\n", "=\r\n", "AUTH CRAM-MD5\r\n", "AUTH PLAIN =\r\n", "AUTH NONE\r\n"],
  ...["dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw\r\n", "AUTH XOAUTH2 dXNlcj1hAWF1dGg9QmVhcmVyIGIBAQ==\r\n", "!\r\n"],
  ...["XCLIENT NAME=a ADDR=192.0.2.1\r\n", "XFORWARD NAME=a HELO=[UNAVAILABLE]\r\n", "RCPT TO:<b@c> RRVS=2014-04-03T23:01:00Z;R\r\n"],
  ...[`NOOP ${"x".repeat(505)}\r\n`, `NOOP ${"x".repeat(506)}\r\n`, `${"x".repeat(600)}\r\n`, `${"y".repeat(13000)}\r\n`],
  ...[`RCPT TO:<${"l".repeat(64)}@example.org>\r\n`, `RCPT TO:<${"l".repeat(300)}@example.org>\r\n`, "NOOP\n", "NO\0OP\r\n", "N\xd6OP\r\n"],
];

/** Lines of replies that SMTP servers send, right and wrong. */
export const serverLines: readonly string[] = [
  ...["220 mx.example.com ESMTP\r\n", "554 no\r\n", "250 ok\r\n", "250-a\r\n250 b\r\n", "250\r\n", "354 go\r\n", "334 \r\n", "334 eA==\r\n"],
  ...["250-mx.example.com\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SIZE 1000\r\n250-AUTH PLAIN LOGIN\r\n250 STARTTLS\r\n"],
  ...["250-mx.example.com\r\n250-PIPELINING\r\n250-CHUNKING\r\n250-BINARYMIME\r\n250 SMTPUTF8\r\n", "250 mx.example.com\r\n"],
  ...["250-mx.example.com\r\n250-LIMITS RCPTMAX=2\r\n250-PIPELINING\r\n250-DSN\r\n250 ENHANCEDSTATUSCODES\r\n"],
  ...["235 2.7.0 ok\r\n", "535 5.7.8 no\r\n", "421 bye\r\n", "221 bye\r\n", "550 5.1.1 no\r\n", "452 4.5.3 many\r\n", "552 5.5.3 x\r\n"],
  ...["250-a\r\n251 b\r\n", "250 a\n", "25", "600 x\r\n", "\0\r\n", "220 tls\r\n", "220 tls\r\n250-evil\r\n", "hello\r\n", "334 x y\r\n"],
  ...["250 2.1.5 ok\r\n", "250-2.1.5 a\r\n250 2.1.5 b\r\n", "250 caf\xc3\xa9\r\n", `250 ${"x".repeat(4100)}\r\n`, "250-x\r\n".repeat(10), "500 what\r\n"],
];
