"""
The calls of mlflow that the penguins make, over the same REST API. Neither npm nor Debian has mlflow, so a test brings
these; everything else in it is the real thing.
"""
import json
import os
import time
import urllib.request


def log_params(params):
    _call("log-batch", params=[{"key": key, "value": str(value)} for key, value in params.items()])


def log_metric(key, value):
    _call("log-metric", key=key, value=float(value), timestamp=int(time.time() * 1000), step=0)


def _call(method, **body):
    request = urllib.request.Request(
        f"{os.environ['MLFLOW_TRACKING_URI']}/api/2.0/mlflow/runs/{method}",
        json.dumps({"run_id": os.environ["MLFLOW_RUN_ID"], **body}).encode(),
        {"authorization": f"Bearer {os.environ['MLFLOW_TRACKING_TOKEN']}", "content-type": "application/json"},
    )
    urllib.request.urlopen(request).read()
