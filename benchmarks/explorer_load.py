"""The page's server under load: many users at once for a bounded time, then memory over a thousand requests.

`python -m benchmarks.explorer_load [--users 200] [--seconds 60]` prints requests, errors, times and memory.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import subprocess
import sys
import time
from pathlib import Path

import httpx
import numpy as np

PROTOCOLS = ["no treatment", "clomiphene 25 mg daily", "anastrozole 1 mg daily", "hCG 1500 IU sc three times a week"]
ASKED = {"protocols": PROTOCOLS[:1], "days": 183, "variables": ["testosterone"]}
PAUSE = 1.0
"""Seconds between a user's requests."""


def memory(process: subprocess.Popen[str]) -> float:
    """Memory (MB) that a process holds."""
    text = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+)", text)[0]) / 1024


async def user(client: httpx.AsyncClient, number: int, until: float, times: list[float], errors: list[str]) -> None:
    """One user who moves a slider until the time is over."""
    moved = 0
    while time.monotonic() < until:
        moved += 1
        asked = {**ASKED, "man": {"traits": {"leydig_output": 0.5 + (number * 7 + moved * 13) % 100 / 100}}}
        began = time.monotonic()
        try:
            answer = await client.post("/api/simulate", json=asked)
            if answer.status_code != 200:
                errors.append(f"{answer.status_code}: {answer.text[:100]}")
        except httpx.HTTPError as error:
            errors.append(repr(error))
        times.append(time.monotonic() - began)
        await asyncio.sleep(PAUSE)


async def load(address: str, users: int, seconds: float, process: subprocess.Popen[str]) -> None:
    """Run the users, then a thousand requests one after the other, and print what was measured."""
    times, errors = list[float](), list[str]()
    limits = httpx.Limits(max_connections=users, max_keepalive_connections=users)
    async with httpx.AsyncClient(base_url=address, timeout=120, limits=limits) as client:
        await client.post("/api/simulate", json=ASKED)
        until = time.monotonic() + seconds
        await asyncio.gather(*(user(client, number, until, times, errors) for number in range(users)))
        low, middle, high = np.quantile(times, (0.5, 0.95, 1))
        print(f"{users} users for {seconds:g} s: {len(times)} requests, {len(errors)} errors {errors[:3]}")
        print(f"seconds of a request: median {low:.2f}, 95th percentile {middle:.2f}, longest {high:.2f}")
        before = memory(process)
        for number in range(1000):
            await client.post("/api/simulate", json={**ASKED, "man": {"age": 20 + number % 50}})
        print(f"memory: {before:.0f} MB before, {memory(process):.0f} MB after 1000 requests")


def main() -> None:
    """Start a server and put it under load."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    arguments = parser.parse_args()
    command = [sys.executable, "-u", "-m", "hpgaxis", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = next(line for line in process.stdout if "http://" in line)
        address = re.findall(r"http://\S+?:\d+", line)[0]
        try:
            asyncio.run(load(address, arguments.users, arguments.seconds, process))
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
