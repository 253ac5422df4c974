"""Trains one model, and logs how well it does on rows that it has not seen."""

import argparse
import json
from pathlib import Path

import joblib
import mlflow
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, PolynomialFeatures, StandardScaler

from penguins import CATEGORIES, FEATURES, MEASURES, labels, read, split


def model_of(strength, degree):
    measures = make_pipeline(
        SimpleImputer(strategy="median"), StandardScaler(), PolynomialFeatures(degree, include_bias=False)
    )
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), CATEGORIES), (measures, MEASURES)
    )
    return make_pipeline(columns, LogisticRegression(C=strength, max_iter=5_000))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--strength", type=float, default=1.0)
    parser.add_argument("--degree", type=int, default=1)
    parser.add_argument("--model", required=True)
    options = parser.parse_args()

    birds, _ = split(read(options.data))
    model = model_of(options.strength, options.degree)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    probability = cross_val_predict(model, birds[FEATURES], labels(birds), cv=folds, method="predict_proba")[:, 1]
    mlflow.log_params({"strength": options.strength, "degree": options.degree})
    mlflow.log_metric("validation_log_loss", log_loss(labels(birds), probability))
    mlflow.log_metric("validation_auc", roc_auc_score(labels(birds), probability))

    model.fit(birds[FEATURES], labels(birds))
    folder = Path(options.model)
    folder.mkdir(parents=True, exist_ok=True)
    joblib.dump(model, folder / "model.joblib")
    facts = {"rows": len(birds), "males": int(labels(birds).sum()), **vars(options)}
    facts = {name: facts[name] for name in ("rows", "males", "strength", "degree")}
    (folder / "training.json").write_text(json.dumps(facts))
    print("trained", facts)


if __name__ == "__main__":
    main()
