import io

import boto3
from botocore.config import Config


def run(url):
    s3 = boto3.client(
        "s3",
        endpoint_url=url,
        region_name="eu-central-1",
        aws_access_key_id="AKIAEXAMPLE",
        aws_secret_access_key=app.secrets.API_TOKEN,
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
    )
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket="reports")["Contents"]]
    s3.put_object(Bucket="reports", Key="new.csv", Body=b"name,sum\n" * 50_000)
    s3.upload_fileobj(io.BytesIO(b"x" * 100_000), "reports", "big.bin")
    with open("/tmp/made.csv", "w") as file:
        file.write("a,b\n")
    s3.upload_file("/tmp/made.csv", "reports", "made.csv")
    read, file = s3.get_object(Bucket="reports", Key="old.csv")["Body"].read(), io.BytesIO()
    s3.download_fileobj("reports", "old.csv", file)
    return [keys, read.decode(), file.getvalue() == read]
