"""aiosmtpd on two ports, one of them with TLS from the first octet: every message becomes a file of its octets."""

import asyncio
import json
import os
import ssl
import sys
import uuid

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

options = json.loads(sys.argv[1])


class Files:
    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address == options["rejected"]:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):
        name = uuid.uuid4().hex
        path = os.path.join(options["folder"], "tmp", name)
        with open(path, "wb") as file:
            file.write(envelope.original_content)
        os.rename(path, os.path.join(options["folder"], "new", name))
        return "250 2.0.0 stored"


def authenticate(server, session, envelope, mechanism, data):
    user, password = options["user"].encode(), options["password"].encode()
    good = isinstance(data, LoginPassword) and data.login == user and data.password == password
    return AuthResult(success=good, handled=good)


async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("cert.pem", "key.pem")
    shared = {
        "hostname": "localhost",
        "enable_SMTPUTF8": True,
        "data_size_limit": options["limit"],
        "authenticator": authenticate,
    }
    loop = asyncio.get_running_loop()
    plain = await loop.create_server(
        lambda: SMTP(Files(), tls_context=context, loop=loop, **shared), "127.0.0.1", options["port"]
    )
    secure = await loop.create_server(
        lambda: SMTP(Files(), auth_require_tls=False, loop=loop, **shared), "127.0.0.1", options["tlsPort"], ssl=context
    )
    await asyncio.gather(plain.serve_forever(), secure.serve_forever())


asyncio.run(main())
