r"""Looks up the weather of many cities, four at a time.

    um-host run many_calls.py --allow-host weather.example.com \
        --input '{"base_url": "https://weather.example.com", "cities": ["Lisbon", "Oslo", "Rome"]}'
"""

import asyncio

AT_ONCE = 4


async def run(input):
    places = asyncio.Semaphore(AT_ONCE)
    async with asyncio.TaskGroup() as group:
        tasks = {city: group.create_task(degrees(input["base_url"], city, places)) for city in input["cities"]}
    found = {city: task.result() for city, task in tasks.items()}
    known = [value for value in found.values() if value is not None]
    return {"degrees": found, "warmest": max(known), "unknown": [city for city in found if found[city] is None]}


async def degrees(base_url, city, places):
    async with places:
        response = await app.http.aio.get(
            f"{base_url}/now",
            params={"city": city, "key": app.secrets.WEATHER_KEY},
            timeout=20,
        )
    if response.status == 404:
        app.log.warning(f"no weather for {city}")
        return None
    response.raise_for_status()
    return response.json()["degrees"]
