"""Drives Microsoft's Python SDK (azure-ai-ml, Debian package python3-azure) against the stand-in.

Reads one JSON object from standard input: url, ca, workspace, token. Prints one JSON object a finished scenario.
"""

import json
import os
import socket
import sys
import tempfile
import time
import types

told = json.load(sys.stdin)
os.environ["AZUREML_DEV_URL_MFE"] = told["url"]
os.environ["REQUESTS_CA_BUNDLE"] = told["ca"]
os.environ["AZURE_EXTENSION_DIR"] = "/nonexistent"

# Debian has no package of pydash; the SDK uses these two functions of it.
pydash = types.ModuleType("pydash")


def get(value, path, default=None):
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else getattr(value, step, None)
        if value is None:
            return default
    return value


pydash.get = get
pydash.omit = lambda value, keys: {key: one for key, one in value.items() if key not in keys}
pydash.objects = pydash
sys.modules["pydash"] = pydash

from azure.ai.ml import MLClient, load_component, load_job  # noqa: E402
from azure.ai.ml._azure_environments import AzureEnvironments, _environments  # noqa: E402
from azure.ai.ml.entities import Data, Environment, Model, ManagedOnlineEndpoint  # noqa: E402
from azure.core.credentials import AccessToken  # noqa: E402

for key in ("resource_manager", "resource_manager_endpoint"):
    if key in _environments[AzureEnvironments.ENV_DEFAULT]:
        _environments[AzureEnvironments.ENV_DEFAULT][key] = told["url"]


# The account of the laptop's Azurite, whose name no resolver knows.
from azure.ai.ml import constants  # noqa: E402
from azure.ai.ml._artifacts import _artifact_utilities  # noqa: E402
from azure.ai.ml._utils import _storage_utils  # noqa: E402

for module in (constants._common, _artifact_utilities, _storage_utils):
    if hasattr(module, "STORAGE_ACCOUNT_URLS"):
        module.STORAGE_ACCOUNT_URLS["AzureBlob"] = "http://{}.blob.{}"
_environments[AzureEnvironments.ENV_DEFAULT]["storage_endpoint"] = told["blob"]
resolve = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **more: resolve("127.0.0.1" if str(host).endswith(".localhost") else host, *rest, **more)


class Credential:
    def get_token(self, *scopes, **kwargs):
        return AccessToken(told["token"], int(time.time()) + 3600)


_, _, subscription, _, group, _, _, _, workspace = told["workspace"].split("/")
client = MLClient(Credential(), subscription, group, workspace)


def done(scenario, **what):
    print(json.dumps({"scenario": scenario, **what}), flush=True)


def wait(job):
    while client.jobs.get(job).status not in ("Completed", "Failed", "Canceled"):
        time.sleep(0.2)
    return client.jobs.get(job).status


def write(folder, name, text):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
    return path


with tempfile.TemporaryDirectory() as folder:
    write(folder, "src/hello.py", "import sys\nprint('hello', sys.argv[1])\n")
    write(folder, "conda.yml", "name: e\ndependencies: [python=3, pip]\n")
    command = write(
        folder,
        "job.yml",
        """$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
command: python hello.py ${{inputs.word}}
code: src
environment: { image: python, conda_file: conda.yml }
compute: azureml:cpu
inputs: { word: world }
experiment_name: sdk
""",
    )
    job = client.jobs.create_or_update(load_job(command))
    done("command job", name=job.name, status=wait(job.name))
    again = client.jobs.create_or_update(load_job(command))
    done("code is uploaded once", status=wait(again.name))

    environment = client.environments.create_or_update(Environment(name="sdk-env", version="1", image="python", conda_file=os.path.join(folder, "conda.yml")))
    done("environment", name=environment.name, version=environment.version, listed=[one.version for one in client.environments.list("sdk-env")])

    model = client.models.create_or_update(Model(name="sdk-model", version="1", path="azureml://datastores/store/paths/models/sdk", type="custom_model"))
    done("model", version=model.version, latest=client.models.get("sdk-model", label="latest").version)

    data = client.data.create_or_update(Data(name="sdk-data", version="1", path="azureml://datastores/store/paths/sdk.csv", type="uri_file"))
    client.data.archive("sdk-data", version="1")
    done("data", version=data.version, listed=len(list(client.data.list("sdk-data"))))

    write(
        folder,
        "fit.yml",
        """$schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json
name: fit
type: command
inputs: { data: { type: uri_folder }, rate: { type: number, default: 0.1 } }
outputs: { model: { type: uri_folder } }
code: src
environment: azureml:sdk-env:1
command: >-
  cat ${{inputs.data}}/rows.txt && echo ${{inputs.rate}} > ${{outputs.model}}/model.txt
""",
    )
    component = client.components.create_or_update(load_component(os.path.join(folder, "fit.yml")))
    done("component", name=component.name)
    pipeline = write(
        folder,
        "pipeline.yml",
        """$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json
type: pipeline
experiment_name: sdk
settings: { default_compute: azureml:cpu }
jobs:
  make:
    command: echo 1 > ${{outputs.rows}}/rows.txt
    environment: azureml:sdk-env:1
    outputs: { rows: }
  fit:
    component: ./fit.yml
    inputs: { data: '${{parent.jobs.make.outputs.rows}}', rate: 0.5 }
""",
    )
    job = client.jobs.create_or_update(load_job(pipeline))
    done("pipeline job", status=wait(job.name), name=job.name)

    listed = [one.name for one in client.jobs.list()]
    done("jobs are listed", there=job.name in listed)

    endpoint = client.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name="sdk-endpoint", auth_mode="key"))
    endpoint = endpoint.result() if hasattr(endpoint, "result") else endpoint
    keys = client.online_endpoints.get_keys("sdk-endpoint")
    done("endpoint", state=client.online_endpoints.get("sdk-endpoint").provisioning_state, key=len(keys.primary_key) > 10)
    client.online_endpoints.begin_delete("sdk-endpoint").result()
    done("endpoint is deleted", left=len(list(client.online_endpoints.list())))
