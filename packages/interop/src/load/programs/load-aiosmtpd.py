"""aiosmtpd, which takes every message and keeps none: `load-aiosmtpd.py port`."""

import asyncio
import sys

from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP


async def main():
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(Sink(), hostname="localhost", data_size_limit=0), "127.0.0.1", int(sys.argv[1])
    )
    await server.serve_forever()


asyncio.run(main())
