from github import Auth, Github


def run(url):
    github = Github(auth=Auth.Token(app.secrets.API_TOKEN), base_url=url)
    repository = github.get_repo("ada/engine")
    return [github.get_user().login, repository.full_name, [issue.title for issue in repository.get_issues()]]
