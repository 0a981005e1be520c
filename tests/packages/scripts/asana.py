import asana


def run(url):
    configuration = asana.Configuration()
    configuration.access_token = app.secrets.API_TOKEN
    configuration.host = f"{url}/api/1.0"
    client = asana.ApiClient(configuration)
    made = asana.TasksApi(client).create_task({"data": {"name": "Zoë"}}, {})
    return [[task["name"] for task in asana.TasksApi(client).get_tasks({"project": "p1", "limit": 2})], made["gid"]]
