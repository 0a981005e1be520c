"""Reads a report from S3 and puts a summary beside it."""

import csv

import boto3
from botocore.config import Config


def run(input):
    s3 = boto3.client(
        "s3",
        endpoint_url=input["url"],
        region_name="eu-central-1",
        aws_access_key_id="AKIAEXAMPLE",
        aws_secret_access_key=app.secrets.AWS_SECRET_KEY,
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
    )
    text = s3.get_object(Bucket="reports", Key="october.csv")["Body"].read().decode()
    total = sum(int(row["total"]) for row in csv.DictReader(text.splitlines()))
    s3.put_object(Bucket="reports", Key="october.txt", Body=f"total {total}\n".encode())
    return total
