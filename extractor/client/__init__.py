"""The service from afar: the same methods and types as `Extractor`, over HTTP, and jobs, audits and scores beside them.

>>> from extractor import Client
>>> with Client("https://tailor.example.com", api_key="tlr_…", policy="travel") as client:
...     record = client.extract("receipt.jpg")
...     for record in client.extract_many(["receipts/"], workers=8):
...         print(record.file, record.receipt.value("total"), record.verdict)

`AsyncClient` has the same methods for asyncio. Both need the extra client: pip install 'tailor[client]'.
`verify_webhook` needs nothing.
"""

from extractor.client.answers import Annotated, Audit, DocumentScore, Job, JobCounts, ModelInfo, Pair, Picture, Scores
from extractor.client.asynchronous import AsyncClient
from extractor.client.settings import ClientSettings
from extractor.client.synchronous import Client
from extractor.client.webhooks import verify_webhook

__all__ = [
    "Annotated",
    "AsyncClient",
    "Audit",
    "Client",
    "ClientSettings",
    "DocumentScore",
    "Job",
    "JobCounts",
    "ModelInfo",
    "Pair",
    "Picture",
    "Scores",
    "verify_webhook",
]
