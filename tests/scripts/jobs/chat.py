"""Asks a model, and takes its words as they come."""

import httpx
from openai import OpenAI


def run(input):
    client = OpenAI(api_key=app.secrets.OPENAI_KEY, base_url=f"{input['url']}/v1", http_client=httpx.Client())
    asked = [{"role": "user", "content": "Say hello to Zoë."}]
    words = []
    for piece in client.chat.completions.create(model="small", messages=asked, stream=True):
        if piece.choices[0].delta.content:
            words.append(piece.choices[0].delta.content)
            print(words[-1])
    return "".join(words)
