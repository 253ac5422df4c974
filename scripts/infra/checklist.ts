/** All rules that a compiled template can be held to: those of the checklist, and our own. @source ../shared/reference/infra-checklist.json */
import type { Rules, Verdict } from './rule.ts';
import { functionAppRules, imageRules } from './rules/function-app.ts';
import { hygieneRules } from './rules/hygiene.ts';
import { identityRules } from './rules/identity.ts';
import { learningRules } from './rules/learning.ts';
import { messagingRules, vaultRules } from './rules/messaging.ts';
import { monitoringRules } from './rules/monitoring.ts';
import { networkRules } from './rules/network.ts';
import { ownRules } from './rules/own.ts';
import { storageRules } from './rules/storage.ts';
import type { Template } from './template.ts';

/** Rules by id. */
export const rules: Rules = {
  ...storageRules,
  ...messagingRules,
  ...vaultRules,
  ...functionAppRules,
  ...learningRules,
  ...imageRules,
  ...monitoringRules,
  ...networkRules,
  ...identityRules,
  ...hygieneRules,
  ...ownRules,
};

/** @returns the verdict of every rule on a template */
export function score(template: Template): ReadonlyMap<string, Verdict> {
  return new Map(Object.entries(rules).map(([id, rule]) => [id, rule(template)]));
}
