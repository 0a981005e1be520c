"""Opens an issue in Jira."""

from jira import JIRA


def run(input):
    jira = JIRA(server=input["url"], basic_auth=("ada@example.com", app.secrets.JIRA_TOKEN), get_server_info=False)
    issue = jira.create_issue(project="OPS", summary=input["summary"], issuetype={"name": "Task"})
    return issue.key
