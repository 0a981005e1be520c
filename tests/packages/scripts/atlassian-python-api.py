from atlassian import Confluence


def run(url):
    confluence = Confluence(url=url, username="ada@example.com", password=app.secrets.API_TOKEN)
    made = confluence.create_page(space="OPS", title="Report", body="<p>Zoë</p>")
    return [made["id"], confluence.get_page_by_id("7")["title"]]
