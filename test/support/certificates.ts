import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** Whether certificates can be made here. */
export const CAN_SIGN = spawnSync('openssl', ['version']).status === 0;

/** Makes a certificate authority `name.crt` with `name.key` in a folder. */
export function makeAuthority(folder: string, name: string): void {
  openssl(folder, `req -x509 -new ${KEY} -keyout ${name}.key -out ${name}.crt -days 2 -subj /CN=${name}`);
}

/** Makes `name.crt` and `name.key`, signed by an authority of the same folder. @param names what it stands for, as `DNS:localhost` */
export function makeCertificate(
  folder: string,
  authority: string,
  name: string,
  subject: string,
  names?: string,
): void {
  openssl(folder, `req -new ${KEY} -keyout ${name}.key -out ${name}.csr -subj /CN=${subject}`);
  fs.writeFileSync(path.join(folder, `${name}.ext`), names === undefined ? '' : `subjectAltName=${names}\n`);
  openssl(
    folder,
    `x509 -req -in ${name}.csr -CA ${authority}.crt -CAkey ${authority}.key -CAcreateserial -out ${name}.crt -days 2 -extfile ${name}.ext`,
  );
  fs.chmodSync(path.join(folder, `${name}.key`), 0o600);
}

/** The key of a certificate once more, under a password. */
export function lockKey(folder: string, name: string, locked: string, password: string): void {
  openssl(folder, `pkey -in ${name}.key -aes256 -passout pass:${password} -out ${locked}`);
  fs.chmodSync(path.join(folder, locked), 0o600);
}

const KEY = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes';

function openssl(folder: string, command: string): void {
  const outcome = spawnSync('openssl', command.split(' '), { cwd: folder, encoding: 'utf8' });
  if (outcome.status !== 0) throw new Error(`openssl ${command}: ${outcome.stderr}`);
}
