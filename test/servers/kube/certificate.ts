/** A key and a self-signed certificate for 127.0.0.1, made on the spot: none is ever kept. */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** One DER element: tag, length, content. */
function element(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size =
    length < 128
      ? [length]
      : length < 256
        ? [0x81, length]
        : [0x82, Math.floor(length / 256), length % 256];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...parts: Buffer[]) => element(0x30, ...parts);
const bytes = (hex: string) => Buffer.from(hex, 'hex');
const ecdsaWithSha256 = sequence(element(0x06, bytes('2a8648ce3d040302')));
const commonName = sequence(
  element(0x31, sequence(element(0x06, bytes('550403')), element(0x0c, Buffer.from('kube')))),
);
const date = (text: string) => element(0x17, Buffer.from(text));

export function makeCertificate(): { readonly key: string; readonly cert: string } {
  const pair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const address = element(0x87, Buffer.from([127, 0, 0, 1]));
  const names = sequence(element(0x06, bytes('551d11')), element(0x04, sequence(address)));
  const isAuthority = sequence(
    element(0x06, bytes('551d13')),
    element(0x04, sequence(element(0x01, bytes('ff')))),
  );
  const body = sequence(
    element(0xa0, element(0x02, bytes('02'))),
    element(0x02, Buffer.concat([bytes('01'), randomBytes(8)])),
    ecdsaWithSha256,
    commonName,
    sequence(date('200101000000Z'), date('491231235959Z')),
    commonName,
    pair.publicKey.export({ type: 'spki', format: 'der' }),
    element(0xa3, sequence(names, isAuthority)),
  );
  const signature = sign('sha256', body, pair.privateKey);
  const whole = sequence(body, ecdsaWithSha256, element(0x03, bytes('00'), signature));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
  };
}
