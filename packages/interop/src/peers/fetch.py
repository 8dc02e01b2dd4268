"""Visits a maildrop with poplib. Argument: JSON, see python.ts. Prints what it got; exit status 3 if it was refused."""

import json
import poplib
import ssl
import sys

o = json.loads(sys.argv[1])


def out(lines):
    for line in lines:
        sys.stdout.buffer.write(line + b"\r\n")


try:
    context = ssl.create_default_context(cafile=o["ca"]) if o["ca"] else None
    if o["implicit"]:
        server = poplib.POP3_SSL("127.0.0.1", o["port"], timeout=30, context=context)
    else:
        server = poplib.POP3("127.0.0.1", o["port"], timeout=30)
        if context:
            server.stls(context=context)
    server.capa()
    if o["mechanism"] == "APOP":
        server.apop(o["user"], o["password"])
    else:
        server.user(o["user"])
        server.pass_(o["password"])

    action = o["action"]
    if action == "retr":
        out(server.retr(1)[1])
    elif action == "top":
        out(server.top(1, 1)[1])
    elif action == "list":
        out([b"%d %d" % server.stat()])
        out(server.list()[1])
        out(server.uidl()[1])
    else:
        server.dele(1)
        if action == "rset":
            server.rset()
        out([b"%d %d" % server.stat()])
    server.quit()
except poplib.error_proto as error:
    print(error)
    sys.exit(3)
