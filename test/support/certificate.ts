import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** A certificate that is its own authority, and its key, both as PEM. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

const DAY_MS = 24 * 60 * 60_000;

const OID = {
  ecdsaWithSha256: '06082a8648ce3d040302',
  rsaWithSha256: '06092a864886f70d01010b',
  commonName: '0603550403',
  basicConstraints: '0603551d13',
  subjectAltName: '0603551d11',
};

/**
 * Makes a certificate for 127.0.0.1 that is valid today. Node.js can read certificates but not make any, and not every
 * machine has OpenSSL's program.
 *
 * Source: RFC 5280, section 4.1.
 */
export function makeCertificate(kind: 'ec' | 'rsa' = 'ec'): Certificate {
  const { publicKey, privateKey } =
    kind === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
  const algorithm =
    kind === 'ec' ? sequence(oid('ecdsaWithSha256')) : sequence(oid('rsaWithSha256'), element(0x05)); // NULL
  const name = sequence(element(0x31, sequence(oid('commonName'), element(0x0c, Buffer.from('a test')))));
  const today = sequence(time(Date.now() - DAY_MS), time(Date.now() + DAY_MS));
  const extensions = sequence(
    extension('basicConstraints', sequence(element(0x01, Buffer.from([0xff])))), // an authority
    extension('subjectAltName', sequence(element(0x87, Buffer.from([127, 0, 0, 1])))),
  );
  const content = sequence(
    element(0xa0, integer(Buffer.from([2]))), // version 3
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    ...[algorithm, name, today, name],
    publicKey.export({ type: 'spki', format: 'der' }),
    element(0xa3, extensions),
  );
  const signature = element(0x03, Buffer.from([0]), sign('sha256', content, privateKey));
  return {
    certificate: pem('CERTIFICATE', sequence(content, algorithm, signature)),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}

/** Encodes a value in DER: its tag, its length, its content. */
function element(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return element(0x30, ...parts);
}

function integer(bytes: Buffer): Buffer {
  return element(0x02, bytes);
}

function oid(name: keyof typeof OID): Buffer {
  return Buffer.from(OID[name], 'hex');
}

/** Encodes a UTCTime: two digits each of year, month, day, hour, minute and second. */
function time(at: number): Buffer {
  const digits = new Date(at).toISOString().replaceAll(/\D/g, '').slice(2, 14);
  return element(0x17, Buffer.from(`${digits}Z`));
}

function extension(name: keyof typeof OID, value: Buffer): Buffer {
  return sequence(oid(name), element(0x04, value));
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
