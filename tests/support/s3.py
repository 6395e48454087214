"""Buckets as tests make them and look into them, by AWS's own client."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import boto3

from app.domain.objects import S3Place
from tests.support.ministack import CREDENTIALS, REGION


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket of a test's own."""

    client: Any
    place: S3Place

    def keys(self) -> list[str]:
        found = self.client.list_objects_v2(Bucket=self.place.bucket).get("Contents", [])
        return [each["Key"] for each in found]

    def uploads(self) -> list[str]:
        """Those that were begun and neither completed nor aborted."""
        found = self.client.list_multipart_uploads(Bucket=self.place.bucket).get("Uploads", [])
        return [each["Key"] for each in found]

    def read(self, key: str) -> bytes:
        body: bytes = self.client.get_object(Bucket=self.place.bucket, Key=key)["Body"].read()
        return body


def make_bucket(url: str) -> Bucket:
    client = boto3.client(
        "s3",
        region_name=REGION,
        endpoint_url=url,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    )
    place = S3Place(f"results-{uuid4().hex}", "calendars", url)
    client.create_bucket(Bucket=place.bucket)
    return Bucket(client, place)
