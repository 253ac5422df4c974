"""Serves the model: a table goes in, as MLflow models take it, and a probability of "male" for each row comes out."""

import json
import os
from pathlib import Path

import joblib
import pandas as pd

from penguins import FEATURES

model = None


def init():
    global model
    # Azure ML puts the registered folder below AZUREML_MODEL_DIR.
    model = joblib.load(next(Path(os.environ["AZUREML_MODEL_DIR"]).rglob("model.joblib")))


def run(data):
    table = json.loads(data)["input_data"]
    birds = pd.DataFrame(table["data"], columns=table["columns"])
    return {"male": model.predict_proba(birds[FEATURES])[:, 1].round(6).tolist()}
