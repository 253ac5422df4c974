/** Delivery modes: the words of the YAML and those of the payload. @source azure-ai-ml 1.34, `INPUT_MOUNT_MAPPING_TO_REST` */

/** Of inputs. */
export const inputModeNames = {
  mount: 'ReadOnlyMount',
  ro_mount: 'ReadOnlyMount',
  download: 'Download',
  direct: 'Direct',
  eval_mount: 'EvalMount',
  eval_download: 'EvalDownload',
} as const;

/** Of outputs. */
export const outputModeNames = {
  mount: 'ReadWriteMount',
  rw_mount: 'ReadWriteMount',
  upload: 'Upload',
  direct: 'Direct',
} as const;
