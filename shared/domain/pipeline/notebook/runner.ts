/** The file that a step's code folder gets beside its notebook. */
export const RUNNER_FILE = 'whence_notebook.py';

/** Environment variable with the literal parameters, as a JSON object. */
export const PARAMETERS_VARIABLE = 'WHENCE_NOTEBOOK_PARAMETERS';

/** Packages that an environment needs to run a notebook. */
export const runnerPackages = ['nbclient', 'ipykernel'] as const;

/**
 * Runs a notebook with parameters and keeps the executed copy, also of one that fails. Parameters go into a cell after the
 * one tagged `parameters`, as papermill does; papermill itself needs far more than Jupyter's own client.
 */
export const RUNNER = `"""Runs a notebook as an Azure ML job. Put here by Whence.

usage: python ${RUNNER_FILE} NOTEBOOK FOLDER [name=path ...]

FOLDER gets the executed copy, whatever happens. Paths are bound by name; other
parameters are a JSON object in ${PARAMETERS_VARIABLE}.
"""
import json
import os
import sys

import nbformat
from nbclient import NotebookClient


def main(notebook, folder, *paths):
    parameters = json.loads(os.environ.get("${PARAMETERS_VARIABLE}", "{}"))
    parameters.update(path.split("=", 1) for path in paths)
    book = nbformat.read(notebook, as_version=4)
    inject(book, parameters)
    os.makedirs(folder, exist_ok=True)
    client = NotebookClient(
        book, timeout=None, kernel_name="python3", on_cell_executed=tell
    )
    try:
        client.execute()
    finally:
        nbformat.write(book, os.path.join(folder, os.path.basename(notebook)))


def inject(book, parameters):
    lines = ["# Parameters"] + [f"{name} = {value!r}" for name, value in parameters.items()]
    cell = nbformat.v4.new_code_cell("\\n".join(lines), metadata={"tags": ["injected-parameters"]})
    if book.nbformat_minor < 5:
        cell.pop("id", None)
    tagged = [at for at, one in enumerate(book.cells) if "parameters" in one.metadata.get("tags", [])]
    book.cells.insert(tagged[0] + 1 if tagged else 0, cell)


def tell(cell, cell_index, execute_reply):
    for output in cell.outputs:
        if output.output_type == "stream":
            print(output.text, end="", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
`;
