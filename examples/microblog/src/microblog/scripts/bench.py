"""How long the first page of a feed takes, at the running application."""

import time

import httpx

from microblog.core.config import Settings

PERCENTILES = (50, 99)


async def measure(settings: Settings, following: int, requests: int) -> None:
    """Follow demonstration users as the application's own account, and read the first page so often. Prints milliseconds."""
    headers = {"Api-Key": f"{settings.client_id}:{settings.read_client_secret()}"}
    url = f"http://{settings.host}:{settings.port}/api/v1"
    async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False, timeout=60) as http:
        (await http.get("/me")).raise_for_status()
        found = (await http.get("/users", params={"prefix": "demo-", "limit": following})).raise_for_status().json()["items"]
        for user in found:
            (await http.put(f"/users/{user['id']}/followers/me")).raise_for_status()
        for sort in ("time", "likes"):
            taken = sorted([await _time(http, sort) for _ in range(requests)])
            figures = ", ".join(f"p{each} {taken[(requests * each - 1) // 100] * 1000:.1f} ms" for each in PERCENTILES)
            print(f"the feed of {len(found)} others by {sort}: {figures} of {requests:,} requests")  # noqa: T201
        for user in found:
            (await http.delete(f"/users/{user['id']}/followers/me")).raise_for_status()


async def _time(http: httpx.AsyncClient, sort: str) -> float:
    began = time.perf_counter()
    (await http.get("/feed", params={"sort": sort})).raise_for_status()
    return time.perf_counter() - began
