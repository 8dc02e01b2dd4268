"""Sends a file with smtplib. Argument: JSON, see python.ts. Prints what was refused; exit status 3 if everything was."""

import json
import re
import smtplib
import ssl
import sys

o = json.loads(sys.argv[1])


def refused(code, text):
    print(code, text.decode() if isinstance(text, bytes) else text)


with open(o["file"], "rb") as file:
    content = file.read()
if not o["raw"]:
    content = re.sub(rb"\r\n|\r|\n", b"\r\n", content)

try:
    where = {"host": "127.0.0.1", "port": o["port"], "local_hostname": "client.example.org", "timeout": 30}
    context = ssl.create_default_context(cafile=o["ca"]) if o["ca"] else None
    with smtplib.SMTP_SSL(**where, context=context) if o["implicit"] else smtplib.SMTP(**where) as server:
        if context and not o["implicit"]:
            server.starttls(context=context)
        server.ehlo()
        # login() tries one mechanism after the other: this tries one.
        server.user, server.password = o["user"], o["password"]
        server.auth(o["mechanism"], getattr(server, "auth_" + o["mechanism"].lower().replace("-", "_")))
        rejected = server.sendmail(o["user"], o["recipients"], content, o["options"])
        for recipient, (code, _) in rejected.items():
            refused(code, recipient)
except smtplib.SMTPRecipientsRefused as error:
    for recipient, (code, _) in error.recipients.items():
        refused(code, recipient)
    sys.exit(3)
except smtplib.SMTPResponseException as error:
    refused(error.smtp_code, error.smtp_error)
    sys.exit(3)
