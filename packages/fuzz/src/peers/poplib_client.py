"""Python's POP3 client: fetches message 1 and the unique-ids from a port, and prints both as JSON."""
import json
import poplib
import sys

try:
    client = poplib.POP3("127.0.0.1", int(sys.argv[1]), timeout=2)
    client.user("tim")
    client.pass_("tanstaaf")
    lines = client.retr(1)[1]
    ids = client.uidl()[1]
    client.quit()
    print(json.dumps({"lines": [line.decode("latin-1") for line in lines], "ids": [line.decode("latin-1") for line in ids]}))
except Exception as error:
    print(json.dumps({"error": f"{type(error).__name__}: {error}"[:120]}))
