from anthropic import Anthropic


def run(url):
    client = Anthropic(api_key=app.secrets.API_TOKEN, base_url=url)
    asked = [{"role": "user", "content": "hello ü"}]
    said = client.messages.create(model="small", max_tokens=64, messages=asked)
    return [said.content[0].text, said.usage.output_tokens]
