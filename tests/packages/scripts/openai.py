import asyncio

from openai import AsyncOpenAI, OpenAI

ASKED = {"model": "small", "messages": [{"role": "user", "content": "hello ü"}]}


def run(url):
    client = OpenAI(api_key=app.secrets.API_TOKEN, base_url=f"{url}/v1")
    said = client.chat.completions.create(**ASKED).choices[0].message.content
    streaming = OpenAI(api_key=app.secrets.API_TOKEN, base_url=f"{url}/streams")
    words = [each.choices[0].delta.content for each in streaming.chat.completions.create(**ASKED, stream=True)]
    return [said, words, asyncio.run(later(url))]


async def later(url):
    async with AsyncOpenAI(api_key=app.secrets.API_TOKEN, base_url=f"{url}/v1") as client:
        return (await client.chat.completions.create(**ASKED)).usage.total_tokens
