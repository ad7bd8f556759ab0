#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Passes TCP connections on, so that what listens on one loopback is reached from another network.

usage: relay.py HOST:PORT=HOST:PORT...      prints a line when it listens
"""
import asyncio
import contextlib
import sys


def place(text):
    host, port = text.rsplit(":", 1)
    return host, int(port)


async def copy(reader, writer):
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.close()


async def listen(at, to):
    async def serve(reader, writer):
        try:
            there, back = await asyncio.open_connection(*to)
        except OSError:
            writer.close()
            return
        await asyncio.gather(copy(reader, back), copy(there, writer))

    return await asyncio.start_server(serve, *at)


async def main():
    servers = [await listen(*(place(end) for end in word.split("="))) for word in sys.argv[1:]]
    print("listens", flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


asyncio.run(main())
