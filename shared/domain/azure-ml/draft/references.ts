/**
 * A reference without its prefix: `azureml:data:1` is `data:1`; `azureml://…` URIs stay as they are.
 *
 * @source azure-ai-ml 1.34, `ArmVersionedStr`; reference/azureml-yaml "References lose the prefix"
 */
export function stripReference(reference: string): string {
  return reference.startsWith('azureml:') && !reference.startsWith('azureml://')
    ? reference.slice('azureml:'.length)
    : reference;
}
