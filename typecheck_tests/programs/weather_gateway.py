"""A gateway to several weather services: asyncio's helpers, fallbacks, and a cache."""

import asyncio
import os
from collections.abc import Iterable
from functools import partial
from typing import TypedDict, TypeVar

import httpx

from stepkit import CircuitBreaker, Flow, flow

T = TypeVar("T")


def first(items: Iterable[T]) -> T | None:
    return next(iter(items), None)


class Forecast(TypedDict):
    celsius: float
    rain: bool


class Place(TypedDict):
    city: str


def handler(request: httpx.Request) -> httpx.Response:
    if request.url.host == "slow.test":
        return httpx.Response(503)
    if request.url.path == "/alerts":
        return httpx.Response(200, json=["storm", "heat"])
    return httpx.Response(200, json={"celsius": 21.5, "rain": False})


class Weather(Flow[Place]):
    def __init__(self, client: httpx.AsyncClient, cache: dict[str, Forecast]) -> None:
        self.client = client
        self.cache = cache

    async def _fetch(self, host: str, city: str) -> Forecast:
        response = await self.client.get(f"https://{host}/forecast", params={"q": city})
        response.raise_for_status()
        forecast: Forecast = response.json()
        return forecast

    async def _alerts(self, city: str) -> list[str]:
        response = await self.client.get("https://fast.test/alerts", params={"q": city})
        return [str(each) for each in response.json()]

    @flow.step("settings")
    def settings(self):
        return {"unit": os.environ.get("WEATHER_UNIT") or "C", "hosts": ["slow.test", "fast.test"], "cached": None}

    @flow.step("cached")
    def look_up(self, city):
        return {"forecast": self.cache.get(city)}

    @flow.step("fetch", when=lambda forecast: forecast is None, timeout=5)
    async def fetch(self, city, hosts):
        answers = await asyncio.gather(*(self._fetch(host, city) for host in hosts), return_exceptions=True)
        return {"forecast": first(each for each in answers if not isinstance(each, BaseException))}

    @flow.step("alerts", circuit_breaker=CircuitBreaker(failure_threshold=2, cooldown=60, on_open="skip"))
    async def alerts(self, city):
        return {"alerts": await asyncio.wait_for(self._alerts(city), 5)}

    @flow.step("advice")
    async def advice(self, forecast, alerts=()):
        loop = asyncio.get_running_loop()
        worst = await loop.run_in_executor(None, partial(max, alerts, default=""))
        if forecast is None:
            return {"advice": "stay in", "worst": worst}
        return {"advice": "umbrella" if forecast["rain"] else f"{forecast['celsius']:.0f} degrees", "worst": worst}

    @flow.step("store")
    async def store(self, city, forecast, worst, unit):
        saved = await asyncio.shield(asyncio.create_task(self._save(city, forecast)))
        return {"saved": saved, "banner": f"{worst.upper()} ({unit})" if worst else None}

    async def _save(self, city: str, forecast: Forecast | None) -> bool:
        if forecast is not None:
            self.cache[city] = forecast
        return forecast is not None


async def main() -> None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(handler)) as client:
        weather = Weather(client, {})
        result = await weather.run({"city": "Lisbon"})
        assert result["advice"] == "22 degrees" and result["banner"] == "STORM (C)", result
        assert result["saved"] is True and weather.cache["Lisbon"]["celsius"] == 21.5
        assert (await weather.run({"city": "Lisbon"}))["forecast"] == {"celsius": 21.5, "rain": False}


if __name__ == "__main__":
    asyncio.run(main())
