/** The network of a cluster: where it lies, its ranges, and who may reach its API. */
import { z } from 'zod';
import { zoneName } from './specs-names.ts';

const cidr = z
  .string()
  .regex(
    /^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}\/(3[0-2]|[12]?\d)$/,
    'is not an IPv4 range; write one such as 10.42.0.0/16',
  );
const ipv4 = z
  .string()
  .regex(
    /^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/,
    'is not an IPv4 address; write one such as 10.43.0.10',
  );
export const clusterNetwork = z
  .strictObject({
    vpcId: z
      .string()
      .regex(/^(vpc-[0-9a-f]{8,17})?$/, 'is not a VPC id; leave it empty for the default VPC')
      .default(''),
    subnetIds: z
      .array(z.string().regex(/^subnet-[0-9a-f]{8,17}$/, 'is not a subnet id'))
      .max(12)
      .default([]),
    zones: z
      .union([
        z.strictObject({ count: z.int().min(1).max(6) }),
        z.strictObject({ names: z.array(zoneName).min(1).max(6) }),
      ])
      .default({ count: 3 }),
    clusterCIDR: cidr.default('10.42.0.0/16'),
    serviceCIDR: cidr.default('10.43.0.0/16'),
    clusterDNS: ipv4.default('10.43.0.10'),
    flannelBackend: z.enum(['vxlan', 'wireguard-native', 'host-gw', 'none']).default('vxlan'),
    apiAccessCIDRs: z.array(cidr).max(20).default([]),
    registrationAddress: z
      .string()
      .regex(/^([A-Za-z0-9.-]{1,253})?$/, 'is not a host name or address')
      .default(''),
    publicIPs: z.boolean().default(false),
  })
  .prefault({});

/** True when two IPv4 ranges share an address. */
export function overlaps(left: string, right: string): boolean {
  const [leftStart, leftBits] = parseCidr(left);
  const [rightStart, rightBits] = parseCidr(right);
  const bits = Math.min(leftBits, rightBits);
  const mask = bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0;
  return (leftStart & mask) >>> 0 === (rightStart & mask) >>> 0;
}

function parseCidr(text: string): [number, number] {
  const [address = '0.0.0.0', bits = '32'] = text.split('/');
  const start = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return [start, Number(bits)];
}
