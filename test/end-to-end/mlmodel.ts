/**
 * An `MLmodel` as MLflow writes it for a scikit-learn model.
 *
 * @param columns - name → type
 * @source mlflow 2.14, docs "MLflow Models: Storage Format"
 */
export function mlmodel(columns: Readonly<Record<string, string>>): string {
  const inputs = Object.entries(columns).map(([name, type]) => ({ type, name, required: true }));
  const outputs = [{ type: 'tensor', 'tensor-spec': { dtype: 'int64', shape: [-1] } }];
  return `artifact_path: model
flavors:
  python_function:
    env:
      conda: conda.yaml
      virtualenv: python_env.yaml
    loader_module: mlflow.sklearn
    model_path: model.pkl
    predict_fn: predict
    python_version: 3.11.2
  sklearn:
    code: null
    pickled_model: model.pkl
    serialization_format: cloudpickle
    sklearn_version: 1.2.1
mlflow_version: 2.14.1
model_size_bytes: 1061
model_uuid: 0b4b3b0f3a4f4f6c8f0c9d3b7e1a2c5d
run_id: 6d4c2f3a1b0e4d5c9a8b7c6d5e4f3a2b
saved_input_example_info:
  artifact_path: input_example.json
  pandas_orient: split
  type: dataframe
signature:
  inputs: '${JSON.stringify(inputs)}'
  outputs: '${JSON.stringify(outputs)}'
  params: null
utc_time_created: '2026-11-25 10:00:00.000000'
`;
}
