"""Scores candidate and champion on the birds that neither of them has seen."""

import argparse
import json
from pathlib import Path

import joblib
import pandas as pd

from penguins import FEATURES, labels, read, split


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("data", "candidate", "champion", "metrics"):
        parser.add_argument(f"--{name}", required=True)
    options = parser.parse_args()

    _, birds = split(read(options.data))
    predictions = pd.DataFrame({"row": birds.index, "label": labels(birds).values})
    for name in ("candidate", "champion"):
        model = joblib.load(Path(getattr(options, name)) / "model.joblib")
        predictions[name] = model.predict_proba(birds[FEATURES])[:, 1]
    predictions["Species"] = birds["Species"].values

    training = json.loads((Path(options.candidate) / "training.json").read_text())
    folder = Path(options.metrics)
    folder.mkdir(parents=True, exist_ok=True)
    predictions.to_csv(folder / "predictions.csv", index=False)
    metrics = {
        "schemaVersion": 1,
        "priorRate": training["males"] / training["rows"],
        "metrics": {},
        "facts": {"trainingRows": training["rows"], "evaluationRows": len(birds), "strength": training["strength"]},
    }
    (folder / "metrics.json").write_text(json.dumps(metrics))
    print(f"scored candidate and champion on {len(birds)} birds")


if __name__ == "__main__":
    main()
