import { BlockList, isIPv6 } from 'node:net';

/** @source RFC 1918, RFC 6598 (carrier-grade, which Azure uses inside), RFC 4193; RFC 1122 and RFC 4291 for loopback */
const privateRanges = [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
] as const;

const list = new BlockList();
for (const [network, bits] of privateRanges) list.addSubnet(network, bits, 'ipv4');
list.addSubnet('fc00::', 7, 'ipv6');
list.addAddress('::1', 'ipv6');

/** @returns whether an IP address leads to a private network or to this machine, and never over the internet */
export function isPrivateAddress(address: string): boolean {
  return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
