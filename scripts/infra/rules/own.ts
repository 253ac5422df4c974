import { each, type Rules } from '../rule.ts';
import { at, listAt } from '../template.ts';

/** What the checklist does not ask and we do. @source ours */
export const ownRules: Rules = {
  /** The scheduler of orchestrations is not open to all addresses, and where there is a private way, it is the only one. */
  OW01: each('DurableTask/schedulers', (one, template) => {
    const isPrivate = template.of('Network/privateEndpoints').length > 0;
    const isOpen = listAt(one, 'properties.ipAllowlist').some((range) => String(range).endsWith('/0'));
    return !isOpen && (!isPrivate || at(one, 'properties.publicNetworkAccess') === 'Disabled');
  }),
};
