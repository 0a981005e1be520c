from jira import JIRA


def run(url):
    jira = JIRA(server=url, basic_auth=("ada@example.com", app.secrets.API_TOKEN), get_server_info=False)
    issue = jira.create_issue(project="OPS", summary="Zoë's order", issuetype={"name": "Task"})
    return [jira.myself()["displayName"], issue.key, issue.fields.summary]
