from supabase import create_client


def run(url):
    client = create_client(url, app.secrets.API_TOKEN)
    return client.table("orders").select("name").eq("open", True).execute().data
